using System.Diagnostics;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// The protobuf encoding of what stands before the payload (https://protobuf.dev/programming-guides/encoding/): tag and varint of slab and tick,
/// tag and length of the payload. Unknown fields are skipped, as protobuf asks.
/// </summary>
internal static class TensorCodec
{
    /// <summary>Most bytes that may stand before the payload's own: room for fields that later versions add.</summary>
    public const int LongestHead = 1024;

    private const uint SlabTag = (1 << 3) | VarintType;
    private const uint TickTag = (2 << 3) | VarintType;
    private const uint PayloadTag = (15 << 3) | LengthType;
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;
    private const int Fixed32Type = 5;

    /// <summary>Size of the head on the wire.</summary>
    public static int HeadBytes(TensorFrame frame)
    {
        var bytes = 0;
        if (frame.Slab != 0) bytes += 1 + VarintBytes((ulong)(long)frame.Slab);
        if (frame.Tick != 0) bytes += 1 + VarintBytes((ulong)frame.Tick);
        if (frame.Source.Bytes != 0) bytes += 1 + VarintBytes((ulong)frame.Source.Bytes);
        return bytes;
    }

    /// <summary>Writes the head; gives the number of bytes.</summary>
    public static int WriteHead(TensorFrame frame, Span<byte> to)
    {
        var at = 0;
        if (frame.Slab != 0) Put(to, ref at, SlabTag, (ulong)(long)frame.Slab);
        if (frame.Tick != 0) Put(to, ref at, TickTag, (ulong)frame.Tick);
        if (frame.Source.Bytes != 0) Put(to, ref at, PayloadTag, (ulong)frame.Source.Bytes);
        return at;
    }

    /// <summary>Reads a head into the frame; gives the number of bytes that it has. The payload follows, to the message's end.</summary>
    /// <param name="frame">Gets slab, tick and the payload's size.</param>
    /// <param name="bytes">The message's first bytes: all of it, or at least <see cref="LongestHead"/>.</param>
    /// <param name="messageBytes">Size of the whole message.</param>
    /// <exception cref="RpcException">INTERNAL: this is not such a message.</exception>
    public static int ReadHead(TensorFrame frame, ReadOnlySpan<byte> bytes, int messageBytes)
    {
        (frame.Slab, frame.Tick, frame.PayloadBytes) = (0, 0, 0);
        var at = 0;
        while (at < messageBytes)
        {
            var tag = Varint(bytes, ref at);
            switch (tag)
            {
                case SlabTag:
                    frame.Slab = (int)Varint(bytes, ref at);
                    break;
                case TickTag:
                    frame.Tick = (long)Varint(bytes, ref at);
                    break;
                case PayloadTag:
                    var length = Varint(bytes, ref at);
                    if (length != (ulong)(messageBytes - at))
                        throw Wrong($"its payload has {length} bytes, but {messageBytes - at} bytes follow: the payload must be the last field");
                    frame.PayloadBytes = (int)length;
                    return at;
                default:
                    Skip(tag, bytes, ref at);
                    break;
            }
        }

        return at;
    }

    private static void Skip(ulong tag, ReadOnlySpan<byte> bytes, ref int at)
    {
        if (tag >> 3 == 0) throw Wrong("a field has the number 0");
        ulong length = 0;
        switch (tag & 7)
        {
            case VarintType:
                Varint(bytes, ref at);
                break;
            case Fixed64Type:
                length = 8;
                break;
            case LengthType:
                length = Varint(bytes, ref at);
                break;
            case Fixed32Type:
                length = 4;
                break;
            default:
                throw Wrong($"a field has the wire type {tag & 7}");
        }

        if (length > (ulong)(bytes.Length - at)) throw Wrong($"field {tag >> 3} ends behind the message, or the fields before the payload have more than {LongestHead} bytes");
        at += (int)length;
    }

    private static ulong Varint(ReadOnlySpan<byte> bytes, ref int at)
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            if (at == bytes.Length) throw Wrong($"it ends inside a field, or the fields before the payload have more than {LongestHead} bytes");
            var b = bytes[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80) return value;
        }

        throw Wrong("a number has more than ten bytes");
    }

    private static void Put(Span<byte> to, ref int at, uint tag, ulong value)
    {
        Debug.Assert(tag < 0x80, "the tags of this message have one byte");
        to[at++] = (byte)tag;
        for (; value >= 0x80; value >>= 7) to[at++] = (byte)(value | 0x80);
        to[at++] = (byte)value;
    }

    private static int VarintBytes(ulong value)
    {
        var bytes = 1;
        for (; value >= 0x80; value >>= 7) bytes++;
        return bytes;
    }

    private static RpcException Wrong(string what) => new(new Status(StatusCode.Internal, $"This is not a TensorMessage of exchange.proto: {what}."));
}
