using System.Text;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>Reads blocks of header fields (RFC 7541). One for each connection: what a block adds to the table, later blocks refer to.</summary>
internal sealed class HpackDecoder
{
    private readonly HpackTable table = new();
    private readonly byte[] scratch = new byte[Http2Protocol.LongestHeaderList];

    /// <summary>Reads a whole block.</summary>
    /// <exception cref="Http2Exception">COMPRESSION_ERROR: the block is wrong. ENHANCE_YOUR_CALM: it unpacks to more than is taken.</exception>
    public HeaderList Decode(ReadOnlySpan<byte> block)
    {
        var fields = new HeaderList();
        var (at, bytes) = (0, 0);
        while (at < block.Length)
        {
            var first = block[at];
            if ((first & 0xe0) == 0x20)
            {
                if (fields.Count > 0) throw Wrong("the table's size changes within a block");
                table.Resize(Number(block, ref at, 5));
                continue;
            }

            var field = first >= 0x80 ? table[Number(block, ref at, 7)] : Literal(block, ref at, first);
            bytes += HpackTable.Size(field.Name, field.Value);
            if (bytes > Http2Protocol.LongestHeaderList) throw new Http2Exception(Http2Error.EnhanceYourCalm, $"More than {Http2Protocol.LongestHeaderList} bytes of headers.");
            fields.Add(field);
        }

        return fields;
    }

    private (string Name, string Value) Literal(ReadOnlySpan<byte> block, ref int at, byte first)
    {
        var indexed = (first & 0x40) != 0;
        var index = Number(block, ref at, indexed ? 6 : 4);
        var name = index == 0 ? Text(block, ref at) : table[index].Name;
        var value = Text(block, ref at);
        if (indexed) table.Add(name, value);
        return (name, value);
    }

    private string Text(ReadOnlySpan<byte> block, ref int at)
    {
        if (at == block.Length) throw Wrong("it ends inside a field");
        var huffman = block[at] >= 0x80;
        var length = Number(block, ref at, 7);
        if (length > block.Length - at) throw Wrong("it ends inside a string");
        var bytes = block.Slice(at, length);
        at += length;
        return Encoding.Latin1.GetString(huffman ? scratch.AsSpan(0, HuffmanCode.Decode(bytes, scratch)) : bytes);
    }

    /// <summary>An integer whose first part fills the low bits of a byte (RFC 7541, section 5.1).</summary>
    private static int Number(ReadOnlySpan<byte> block, ref int at, int bits)
    {
        var mask = (1 << bits) - 1;
        var value = block[at++] & mask;
        if (value < mask) return value;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            if (at == block.Length) throw Wrong("it ends inside a number");
            var b = block[at++];
            value += (b & 0x7f) << shift;
            if (b < 0x80) return value;
        }

        throw Wrong("a number is too large");
    }

    private static Http2Exception Wrong(string what) => new(Http2Error.Compression, $"A block of headers is wrong: {what}.");
}
