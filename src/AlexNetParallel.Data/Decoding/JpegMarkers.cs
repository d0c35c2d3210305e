using System.Buffers.Binary;

namespace AlexNetParallel.Data.Decoding;

/// <summary>
/// What the decoder must know from a JPEG file's segments and libturbojpeg does not tell: whether Adobe's marker is there (its CMYK is stored inverted) and the EXIF
/// orientation (TIFF 6.0 tag 0x112: 1 upright … 8). Reads with care: a broken segment means "not there".
/// </summary>
internal readonly record struct JpegMarkers(bool Adobe, int Orientation)
{
    private const int StartOfScan = 0xDA, Exif = 0xE1, AdobeSegment = 0xEE, OrientationTag = 0x112;

    /// <summary>Walks the segments up to the first scan.</summary>
    public static JpegMarkers Read(ReadOnlySpan<byte> jpeg)
    {
        var found = new JpegMarkers(false, 1);
        var at = 2;
        while (at + 4 <= jpeg.Length)
        {
            if (jpeg[at] != 0xFF) break;
            var marker = jpeg[at + 1];
            if (marker == 0xFF)
            {
                at++;   // a fill byte
                continue;
            }
            if (marker is StartOfScan) break;
            var length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[(at + 2)..]);
            if (length < 2 || at + 2 + length > jpeg.Length) break;
            var segment = jpeg.Slice(at + 4, length - 2);
            if (marker == AdobeSegment && segment.StartsWith("Adobe"u8)) found = found with { Adobe = true };
            if (marker == Exif && segment.StartsWith("Exif\0\0"u8)) found = found with { Orientation = ReadOrientation(segment[6..]) };
            at += 2 + length;
        }
        return found;
    }

    private static int ReadOrientation(ReadOnlySpan<byte> tiff)
    {
        if (tiff.Length < 8) return 1;
        var big = tiff[0] == 'M';
        var directory = U32(tiff[4..], big);
        if (directory + 2 > (uint)tiff.Length) return 1;
        var entries = tiff[(int)directory..];
        var count = U16(entries, big);
        for (var i = 0; i < count && 2 + 12 * (i + 1) <= entries.Length; i++)
        {
            var entry = entries.Slice(2 + 12 * i, 12);
            if (U16(entry, big) == OrientationTag) return U16(entry[8..], big) is >= 1 and <= 8 and var value ? value : 1;
        }
        return 1;
    }

    private static int U16(ReadOnlySpan<byte> s, bool big) => big ? BinaryPrimitives.ReadUInt16BigEndian(s) : BinaryPrimitives.ReadUInt16LittleEndian(s);
    private static uint U32(ReadOnlySpan<byte> s, bool big) => big ? BinaryPrimitives.ReadUInt32BigEndian(s) : BinaryPrimitives.ReadUInt32LittleEndian(s);
}
