namespace AlexNetParallel.Rpc.Http2;

/// <summary>Pings a connection on which nothing came for a while, and ends it when nothing comes then either.</summary>
internal sealed class KeepAlive : IDisposable
{
    private readonly FrameSource source;
    private readonly FrameSink sink;
    private readonly Http2Connection connection;
    private readonly TimeSpan delay;
    private readonly TimeSpan timeout;
    private readonly Timer timer;
    private long pinged;

    /// <param name="source">Where something should come.</param>
    /// <param name="sink">Where pings go.</param>
    /// <param name="connection">Is ended.</param>
    /// <param name="delay">Silence before a ping.</param>
    /// <param name="timeout">Silence after it.</param>
    public KeepAlive(FrameSource source, FrameSink sink, Http2Connection connection, TimeSpan delay, TimeSpan timeout)
    {
        (this.source, this.sink, this.connection, this.delay, this.timeout) = (source, sink, connection, delay, timeout);
        var period = TimeSpan.FromMilliseconds(Math.Clamp(Math.Min(delay.TotalMilliseconds, timeout.TotalMilliseconds) / 4, 50, 60_000));
        timer = new Timer(static k => ((KeepAlive)k!).Look(), this, period, period);
    }

    /// <summary>True when a ping stayed without an answer.</summary>
    public bool HasGivenUp { get; private set; }

    /// <summary>Stops looking.</summary>
    public void Dispose() => timer.Dispose();

    private void Look()
    {
        var (now, last) = (Environment.TickCount64, source.LastReceived);
        if (!source.IsWaiting || pinged > 0 && last > pinged)
        {
            // This side is not receiving just now, or something has come since.
            pinged = 0;
        }
        else if (pinged > 0 && now - pinged >= timeout.TotalMilliseconds)
        {
            HasGivenUp = true;
            connection.Abort();
        }
        else if (pinged == 0 && now - last >= delay.TotalMilliseconds)
        {
            pinged = now;
            try
            {
                sink.Leave(FrameType.Ping, FrameFlags.None, 0, "alexnet?"u8);
            }
            catch (IOException)
            {
                connection.Abort();
            }
        }
    }
}
