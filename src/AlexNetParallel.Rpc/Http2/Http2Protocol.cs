namespace AlexNetParallel.Rpc.Http2;

/// <summary>Frame types of RFC 9113, section 6.</summary>
internal enum FrameType : byte
{
    Data = 0,
    Headers = 1,
    Priority = 2,
    ResetStream = 3,
    Settings = 4,
    PushPromise = 5,
    Ping = 6,
    GoAway = 7,
    WindowUpdate = 8,
    Continuation = 9,
}

/// <summary>Flags of frames.</summary>
[Flags]
internal enum FrameFlags : byte
{
    None = 0,
    /// <summary>Of DATA and HEADERS: the sender's direction of the stream ends.</summary>
    EndStream = 0x1,
    /// <summary>Of SETTINGS and PING.</summary>
    Ack = 0x1,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}

/// <summary>Looks at flags.</summary>
internal static class FrameFlagsExtensions
{
    /// <summary>True when the flag is set. Enum.HasFlag allocates until the method that calls it has been optimized.</summary>
    public static bool Has(this FrameFlags flags, FrameFlags flag) => (flags & flag) != 0;
}

/// <summary>Parameters of SETTINGS, RFC 9113, section 6.5.2.</summary>
internal enum Setting : ushort
{
    HeaderTableSize = 1,
    EnablePush = 2,
    MaxConcurrentStreams = 3,
    InitialWindowSize = 4,
    MaxFrameSize = 5,
    MaxHeaderListSize = 6,
}

/// <summary>Error codes of RFC 9113, section 7.</summary>
internal enum Http2Error : uint
{
    NoError = 0,
    Protocol = 1,
    Internal = 2,
    FlowControl = 3,
    SettingsTimeout = 4,
    StreamClosed = 5,
    FrameSize = 6,
    RefusedStream = 7,
    Cancel = 8,
    Compression = 9,
    EnhanceYourCalm = 11,
}

/// <summary>The other side broke the protocol: the connection ends with this code.</summary>
internal sealed class Http2Exception(Http2Error error, string message) : IOException(message)
{
    /// <summary>What the other side is told.</summary>
    public Http2Error Error { get; } = error;
}

/// <summary>Numbers of the protocol, and those that this side chooses.</summary>
internal static class Http2Protocol
{
    /// <summary>Bytes of a frame's head.</summary>
    public const int FrameHead = 9;

    /// <summary>What a window and a frame hold before SETTINGS say otherwise.</summary>
    public const int DefaultWindow = 65_535, DefaultFrame = 16_384;

    /// <summary>The largest window there is. Ours: the receiver of a slab has made room for it before it is sent, so the socket's own limit is enough.</summary>
    public const int LargestWindow = int.MaxValue;

    /// <summary>The largest frame that may be taken, 2^24 - 1 bytes.</summary>
    public const int LargestFrame = (1 << 24) - 1;

    /// <summary>The longest DATA frame that is sent, if the other side takes it: longer ones gain nothing, and hold up what else is to be sent.</summary>
    public const int LongestData = 1 << 20;

    /// <summary>The longest list of headers that is taken, as RFC 9113 counts it.</summary>
    public const int LongestHeaderList = 16 * 1024;

    /// <summary>What a client sends first (RFC 9113, section 3.4).</summary>
    public static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;
}
