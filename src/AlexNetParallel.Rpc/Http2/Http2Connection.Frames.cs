using System.Buffers.Binary;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>The frames that arrive: what each must look like, and what it changes.</summary>
internal abstract partial class Http2Connection
{
    private const int MostContinuations = 64;

    /// <summary>Takes one frame; false when the connection has ended. Of DATA only the head: see <see cref="dataLeft"/>.</summary>
    private bool ReadFrame()
    {
        if (!source!.TryTakeHead(out var head)) return false;
        if (!greeted && head is not { Type: FrameType.Settings } || !greeted && head.Flags.Has(FrameFlags.Ack)) throw Wrong("the first frame is not SETTINGS");
        greeted = true;
        switch (head.Type)
        {
            case FrameType.Data:
                OnData(head);
                break;
            case FrameType.Headers:
                var (fields, ends) = ReadHeaders(head);
                OnHeaders(head.Stream, fields, ends);
                break;
            case FrameType.Priority:
                Expect(head, 5, ofStream: true);
                source.Skip(head.Length);
                break;
            case FrameType.ResetStream:
                Expect(head, 4, ofStream: true);
                var error = (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(source.Payload(4));
                source.Advance(4);
                if (head.Stream > LastStream) throw Wrong("RST_STREAM of a stream that was never opened");
                if (head.Stream == Stream)
                {
                    IsIncomingOpen = false;
                    OnReset(error);
                }

                break;
            case FrameType.Settings:
                OnSettings(head);
                break;
            case FrameType.Ping:
                Expect(head, 8, ofStream: false);
                if (!head.Flags.Has(FrameFlags.Ack)) Sink!.Leave(FrameType.Ping, FrameFlags.Ack, 0, source.Payload(8));
                else source.Payload(8);
                source.Advance(8);
                break;
            case FrameType.GoAway:
                if (head.Length < 8 || head.Stream != 0) throw new Http2Exception(Http2Error.FrameSize, $"A GOAWAY of {head.Length} bytes on stream {head.Stream}.");
                var payload = source.Payload(8);
                var (last, reason) = (BinaryPrimitives.ReadInt32BigEndian(payload) & int.MaxValue, (Http2Error)BinaryPrimitives.ReadUInt32BigEndian(payload[4..]));
                source.Skip(head.Length);
                OnGoAway(last, reason);
                break;
            case FrameType.WindowUpdate:
                Expect(head, 4, ofStream: null);
                var by = BinaryPrimitives.ReadUInt32BigEndian(source.Payload(4)) & int.MaxValue;
                source.Advance(4);
                if (head.Stream > LastStream) throw Wrong("WINDOW_UPDATE of a stream that was never opened");
                if (head.Stream == 0 || head.Stream == Stream) Window.Widen(head.Stream == 0, by);
                break;
            case FrameType.PushPromise:
                throw Wrong("PUSH_PROMISE, which nobody asked for");
            case FrameType.Continuation:
                throw Wrong("CONTINUATION without HEADERS");
            default:
                source.Skip(head.Length); // unknown frames are ignored (RFC 9113, section 4.1)
                break;
        }

        return true;
    }

    private void OnData(FrameHead head)
    {
        if (head.Stream == 0 || head.Stream > LastStream) throw Wrong($"DATA on stream {head.Stream}, which was never opened");
        var current = head.Stream == Stream;
        if (current && !IsIncomingOpen && Inbox is not null) throw new Http2Exception(Http2Error.StreamClosed, "DATA behind the end of the stream.");
        connectionWindow -= head.Length;
        if (current) streamWindow -= head.Length;
        if (connectionWindow < 0 || streamWindow < 0) throw new Http2Exception(Http2Error.FlowControl, "More DATA than the window holds.");
        if (connectionWindow < LowWindow) FillUp(0, ref connectionWindow);
        if (current && streamWindow < LowWindow) FillUp(Stream, ref streamWindow);

        var (length, pad) = (head.Length, 0);
        if (head.Flags.Has(FrameFlags.Padded))
        {
            if (length == 0) throw new Http2Exception(Http2Error.FrameSize, "A padded frame without its padding.");
            pad = source!.Payload(1)[0];
            source.Advance(1);
            if (pad >= length) throw Wrong("more padding than the frame holds");
            length -= 1 + pad;
        }

        if (!current)
        {
            source!.Skip(length + pad);
            return;
        }

        (dataLeft, padding, dataEnds) = (length, pad, head.Flags.Has(FrameFlags.EndStream));
        if (length == 0) EndOfData();
    }

    private void FillUp(int stream, ref long window)
    {
        Sink!.Leave(FrameType.WindowUpdate, stream, (uint)(Http2Protocol.LargestWindow - window));
        window = Http2Protocol.LargestWindow;
    }

    private (HeaderList Fields, bool Ends) ReadHeaders(FrameHead head)
    {
        if (head.Stream == 0) throw Wrong("HEADERS on stream 0");
        var (block, frame, count) = (new List<byte>(), head, 0);
        while (true)
        {
            if (block.Count + frame.Length > Http2Protocol.LongestHeaderList || ++count > MostContinuations) throw new Http2Exception(Http2Error.EnhanceYourCalm, "Headers without end.");
            var payload = source!.Payload(frame.Length);
            if (frame.Type == FrameType.Headers) payload = HeaderBlock(payload, frame.Flags);
            block.AddRange(payload);
            source.Advance(frame.Length);
            if (frame.Flags.Has(FrameFlags.EndHeaders)) break;
            if (!source.TryTakeHead(out frame)) throw new IOException("The connection ended inside headers.");
            if (frame.Type != FrameType.Continuation || frame.Stream != head.Stream) throw Wrong("another frame inside headers");
        }

        return (headers.Decode([.. block]), head.Flags.Has(FrameFlags.EndStream));
    }

    /// <summary>The block of header fields in the payload of HEADERS.</summary>
    /// <exception cref="Http2Exception">The frame is shorter than its flags say.</exception>
    public static ReadOnlySpan<byte> HeaderBlock(ReadOnlySpan<byte> payload, FrameFlags flags)
    {
        var pad = 0;
        if (flags.Has(FrameFlags.Padded))
        {
            if (payload.IsEmpty) throw new Http2Exception(Http2Error.FrameSize, "A padded frame without its padding.");
            pad = payload[0];
            payload = payload[1..];
        }

        if (flags.Has(FrameFlags.Priority))
        {
            if (payload.Length < 5) throw new Http2Exception(Http2Error.FrameSize, "HEADERS without their priority.");
            payload = payload[5..];
        }

        return pad <= payload.Length ? payload[..^pad] : throw Wrong("more padding than the frame holds");
    }

    private void OnSettings(FrameHead head)
    {
        if (head.Stream != 0) throw Wrong($"SETTINGS on stream {head.Stream}");
        if (head.Flags.Has(FrameFlags.Ack))
        {
            Expect(head, 0, ofStream: false);
            return;
        }

        if (head.Length % 6 != 0 || head.Length > Http2Protocol.DefaultFrame) throw new Http2Exception(Http2Error.FrameSize, $"SETTINGS of {head.Length} bytes.");
        var payload = source!.Payload(head.Length);
        for (; !payload.IsEmpty; payload = payload[6..])
            Window.Set((Setting)BinaryPrimitives.ReadUInt16BigEndian(payload), BinaryPrimitives.ReadUInt32BigEndian(payload[2..]));
        source.Advance(head.Length);
        Sink!.Leave(FrameType.Settings, FrameFlags.Ack, 0, default);
        OnGreeted();
    }

    /// <summary>The other side's SETTINGS have come.</summary>
    protected virtual void OnGreeted()
    {
    }

    /// <summary>This side's SETTINGS, and the window of the connection opened as far as it goes.</summary>
    protected static byte[] Settings(params ReadOnlySpan<(Setting Name, int Value)> settings)
    {
        var bytes = new byte[Http2Protocol.FrameHead + (6 * settings.Length) + Http2Protocol.FrameHead + 4];
        FrameSink.WriteHead(bytes, 6 * settings.Length, FrameType.Settings, FrameFlags.None, 0);
        var at = Http2Protocol.FrameHead;
        foreach (var (name, value) in settings)
        {
            BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(at), (ushort)name);
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(at + 2), value);
            at += 6;
        }

        FrameSink.WriteHead(bytes.AsSpan(at), 4, FrameType.WindowUpdate, FrameFlags.None, 0);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(at + Http2Protocol.FrameHead), Http2Protocol.LargestWindow - Http2Protocol.DefaultWindow);
        return bytes;
    }

    private static void Expect(FrameHead head, int length, bool? ofStream)
    {
        if (head.Length != length) throw new Http2Exception(Http2Error.FrameSize, $"A frame of type {head.Type} has {head.Length} bytes; expected {length}.");
        if (ofStream is { } own && own != (head.Stream != 0)) throw Wrong($"a frame of type {head.Type} on stream {head.Stream}");
    }

    /// <summary>PROTOCOL_ERROR.</summary>
    protected static Http2Exception Wrong(string what) => new(Http2Error.Protocol, $"The other side broke HTTP/2: {what}.");
}
