namespace AlexNetParallel.Rpc.Http2;

/// <summary>
/// The Huffman code of header strings (RFC 7541, appendix B). It is canonical: codes of one length follow each other in the order of the symbols, so that the lengths say all.
/// </summary>
internal static class HuffmanCode
{
    private const int EndOfString = 256;
    private const int LongestCode = 30;

    /// <summary>For each length: the first code, the number of codes, and where their symbols begin.</summary>
    private static readonly (uint First, int Count, int Start)[] ByLength = new (uint, int, int)[LongestCode + 1];
    private static readonly short[] Symbols = new short[EndOfString + 1];

    static HuffmanCode()
    {
        var (code, place) = (0u, 0);
        for (var length = 1; length <= LongestCode; length++)
        {
            code <<= 1;
            var (first, start) = (code, place);
            for (var symbol = 0; symbol <= EndOfString; symbol++)
            {
                if (Lengths[symbol] != length) continue;
                Symbols[place++] = (short)symbol;
                code++;
            }

            ByLength[length] = (first, place - start, start);
        }
    }

    /// <summary>Reads a string; gives the number of bytes written.</summary>
    /// <exception cref="Http2Exception">COMPRESSION_ERROR: no such code, wrong padding, or more than the destination holds.</exception>
    public static int Decode(ReadOnlySpan<byte> coded, Span<byte> to)
    {
        var (code, length, written) = (0u, 0, 0);
        foreach (var b in coded)
        {
            for (var bit = 7; bit >= 0; bit--)
            {
                code = (code << 1) | ((uint)(b >> bit) & 1);
                if (++length > LongestCode) throw Wrong("no such code");
                var (first, count, start) = ByLength[length];
                if (code < first || code - first >= count) continue;
                var symbol = Symbols[start + (int)(code - first)];
                if (symbol == EndOfString) throw Wrong("the code for the end of the string");
                if (written == to.Length) throw Wrong("it is too long");
                to[written++] = (byte)symbol;
                (code, length) = (0, 0);
            }
        }

        // What is left is padding: fewer than eight bits, all of them ones.
        return length < 8 && code == (1u << length) - 1 ? written : throw Wrong("wrong padding");
    }

    private static Http2Exception Wrong(string what) => new(Http2Error.Compression, $"A header's Huffman string is wrong: {what}.");

    private static ReadOnlySpan<byte> Lengths =>
    [
        13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
        6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6, 5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
        13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
        15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5, 6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
        20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23, 24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
        22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23, 21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
        26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25, 19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
        20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23, 26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
        30,
    ];
}
