using System.Buffers.Binary;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>The five bytes that gRPC puts before each message: a flag (0: not compressed) and the length, big-endian (doc/PROTOCOL-HTTP2.md of grpc/grpc, "Length-Prefixed-Message").</summary>
internal static class MessageWire
{
    /// <summary>The length that a prefix tells.</summary>
    public static uint Length(ReadOnlySpan<byte> prefix) => BinaryPrimitives.ReadUInt32BigEndian(prefix[1..]);

    /// <summary>Reads a prefix.</summary>
    /// <exception cref="RpcException">INTERNAL: the flag is none. UNIMPLEMENTED: the message is compressed. RESOURCE_EXHAUSTED: it is too long.</exception>
    public static int Check(ReadOnlySpan<byte> prefix)
    {
        var length = Length(prefix);
        if (prefix[0] == 1) throw Failure(StatusCode.Unimplemented, "A tensor message is compressed; supported: identity.");
        if (prefix[0] != 0) throw Failure(StatusCode.Internal, $"A message begins with flag {prefix[0]}; expected 0 (plain) or 1 (compressed).");
        return length <= Array.MaxLength ? (int)length : throw Failure(StatusCode.ResourceExhausted, $"The message has {length} bytes; the receive limit is {Array.MaxLength}.");
    }

    /// <summary>Writes a prefix.</summary>
    public static void Write(Span<byte> to, long length)
    {
        to[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(to[1..], checked((uint)length));
    }

    private static RpcException Failure(StatusCode code, string what) => new(new Status(code, what));
}
