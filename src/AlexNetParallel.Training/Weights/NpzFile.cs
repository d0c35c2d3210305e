using System.Buffers.Binary;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace AlexNetParallel.Training.Weights;

/// <summary>NumPy's .npz: a zip of .npy arrays. Written as float32 in C order without compression; read as float32 or float64.</summary>
public static partial class NpzFile
{
    private const long LargestArray = 1L << 31;

    /// <summary>Writes a file.</summary>
    public static void Write(string path, IEnumerable<NamedTensor> tensors)
    {
        using var zip = new ZipArchive(new FileStream(path, FileMode.Create, FileAccess.Write), ZipArchiveMode.Create);
        foreach (var tensor in tensors)
        {
            using var entry = zip.CreateEntry(tensor.Name + ".npy", CompressionLevel.NoCompression).Open();
            entry.Write(Header(tensor.Shape));
            entry.Write(MemoryMarshal.AsBytes<float>(tensor.Values));
        }
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="WeightsException">It is no such file, or has arrays of other kinds.</exception>
    public static IReadOnlyList<NamedTensor> Read(string path)
    {
        try
        {
            using var zip = ZipFile.OpenRead(path);
            return [.. zip.Entries.Where(e => e.FullName.EndsWith(".npy", StringComparison.Ordinal)).Select(e => Array(path, e))];
        }
        catch (InvalidDataException e)
        {
            throw new WeightsException($"{path} is no .npz (a zip of .npy arrays): {e.Message}", e);
        }
    }

    private static NamedTensor Array(string path, ZipArchiveEntry entry)
    {
        if (entry.Length > LargestArray) throw new WeightsException($"{path}: {entry.FullName} has {entry.Length} bytes; arrays of up to {LargestArray} are read");
        var bytes = new byte[entry.Length];
        using (var stream = entry.Open()) stream.ReadExactly(bytes);
        if (bytes.Length < 12 || bytes[0] != 0x93 || !bytes.AsSpan(1, 5).SequenceEqual("NUMPY"u8)) throw Wrong("does not begin as a .npy array");
        var (start, length) = bytes[6] == 1 ? (10, BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(8))) : (12, BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(8)));
        if (length < 0 || start + length > bytes.Length) throw Wrong("is cut off in its header");
        var match = Fields().Match(Encoding.ASCII.GetString(bytes, start, length));
        if (!match.Success || match.Groups["order"].Value != "False") throw Wrong($"has the header '{Encoding.ASCII.GetString(bytes, start, length).Trim()}'; expected float32 or float64 in C order");
        long[] shape = [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(s => long.Parse(s, CultureInfo.InvariantCulture))];
        var data = bytes.AsSpan(start + length);
        var count = shape.Aggregate(1L, (p, s) => p * s);
        var size = match.Groups["type"].Value == "<f8" ? sizeof(double) : sizeof(float);
        if (data.Length != count * size) throw Wrong($"has {data.Length} bytes of numbers; its shape ({string.Join(", ", shape)}) needs {count * size}");
        var values = size == sizeof(float) ? MemoryMarshal.Cast<byte, float>(data).ToArray() : System.Array.ConvertAll(MemoryMarshal.Cast<byte, double>(data).ToArray(), v => (float)v);
        return new NamedTensor(entry.FullName[..^4], shape, values);

        WeightsException Wrong(string what) => new($"{path}: {entry.FullName} {what}");
    }

    private static byte[] Header(IReadOnlyList<long> shape)
    {
        var text = $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({string.Join(", ", shape)}{(shape.Count == 1 ? "," : "")}), }}";
        // Version 1.0: ten bytes, then the text, blanks and a line's end up to a multiple of 64.
        var total = (10 + text.Length + 1 + 63) / 64 * 64;
        var head = new byte[total];
        ((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0]).CopyTo(head);
        BinaryPrimitives.WriteUInt16LittleEndian(head.AsSpan(8), (ushort)(total - 10));
        Encoding.ASCII.GetBytes(text.PadRight(total - 11) + "\n").CopyTo(head, 10);
        return head;
    }

    [GeneratedRegex(@"'descr':\s*'(?<type><f[48])',\s*'fortran_order':\s*(?<order>\w+),\s*'shape':\s*\((?<shape>[^)]*)\)")]
    private static partial Regex Fields();
}
