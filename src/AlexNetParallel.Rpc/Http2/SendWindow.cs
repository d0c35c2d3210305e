namespace AlexNetParallel.Rpc.Http2;

/// <summary>How much the other side lets us send: for the connection and for its stream (RFC 9113, section 5.2).</summary>
internal sealed class SendWindow
{
    private readonly object gate = new();
    private long connection = Http2Protocol.DefaultWindow;
    private long stream;
    private long initial = Http2Protocol.DefaultWindow;
    private int longestFrame = Http2Protocol.DefaultFrame;
    private bool open;
    private bool ended;
    private bool begun;

    /// <summary>A stream begins, whose window is full.</summary>
    public void Begin()
    {
        lock (gate)
        {
            (stream, open, begun) = (initial, true, true);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nothing can be sent on this stream any more.</summary>
    public void End()
    {
        lock (gate)
        {
            (open, begun) = (false, true);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Nothing can be sent at all any more.</summary>
    public void EndAll()
    {
        lock (gate)
        {
            (open, ended) = (false, true);
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits for the stream to begin; false when it is over.</summary>
    public bool WaitOpen()
    {
        lock (gate)
        {
            while (!open && !ended && !begun) Monitor.Wait(gate);
            return open;
        }
    }

    /// <summary>Takes so much for one frame off the windows, if they hold it.</summary>
    public bool TryTake(int bytes)
    {
        lock (gate)
        {
            if (!open || bytes > Math.Min(Math.Min(connection, stream), longestFrame)) return false;
            connection -= bytes;
            stream -= bytes;
            return true;
        }
    }

    /// <summary>Puts back what was taken and not sent.</summary>
    public void PutBack(int bytes)
    {
        lock (gate)
        {
            connection += bytes;
            stream += bytes;
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>Waits until something may be sent and takes it off the windows; 0 when the stream is over.</summary>
    /// <param name="wanted">Bytes, 1 or more.</param>
    public int Take(long wanted)
    {
        lock (gate)
        {
            while (open ? Math.Min(connection, stream) <= 0 : !begun && !ended) Monitor.Wait(gate);
            if (!open) return 0;
            var taken = (int)Math.Min(Math.Min(wanted, Math.Min(connection, stream)), longestFrame);
            connection -= taken;
            stream -= taken;
            return taken;
        }
    }

    /// <summary>WINDOW_UPDATE came.</summary>
    /// <exception cref="Http2Exception">FLOW_CONTROL_ERROR: the window is larger than can be.</exception>
    public void Widen(bool ofConnection, uint by)
    {
        if (by == 0) throw new Http2Exception(Http2Error.Protocol, "A WINDOW_UPDATE of 0.");
        lock (gate)
        {
            if ((ofConnection ? connection += by : stream += by) > Http2Protocol.LargestWindow) throw new Http2Exception(Http2Error.FlowControl, "A window of more than 2^31 - 1.");
            Monitor.PulseAll(gate);
        }
    }

    /// <summary>SETTINGS came with a parameter.</summary>
    /// <exception cref="Http2Exception">Its value is not allowed.</exception>
    public void Set(Setting setting, uint value)
    {
        lock (gate)
        {
            switch (setting)
            {
                case Setting.InitialWindowSize:
                    if (value > Http2Protocol.LargestWindow) throw new Http2Exception(Http2Error.FlowControl, $"SETTINGS_INITIAL_WINDOW_SIZE {value}; at most 2^31 - 1.");
                    stream += value - initial;
                    initial = value;
                    if (stream > Http2Protocol.LargestWindow) throw new Http2Exception(Http2Error.FlowControl, "A window of more than 2^31 - 1.");
                    break;
                case Setting.MaxFrameSize:
                    if (value is < Http2Protocol.DefaultFrame or > Http2Protocol.LargestFrame) throw new Http2Exception(Http2Error.Protocol, $"SETTINGS_MAX_FRAME_SIZE {value}; expected 16384 to 16777215.");
                    longestFrame = (int)Math.Min(value, Http2Protocol.LongestData);
                    break;
                case Setting.EnablePush:
                    if (value > 1) throw new Http2Exception(Http2Error.Protocol, $"SETTINGS_ENABLE_PUSH {value}; expected 0 or 1.");
                    break;
            }

            Monitor.PulseAll(gate);
        }
    }
}
