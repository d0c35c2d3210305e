using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace AlexNetParallel.Testing;

/// <summary>
/// An array from a .npy file (NumPy's format, version 1.0): little-endian, C order, float32 (&lt;f4), int32 (&lt;i4), int8 (|i1) or uint8 (|u1).
/// </summary>
/// <param name="Shape">Sizes, slowest first.</param>
/// <param name="Values">The numbers, last index fastest; whole numbers are exact.</param>
public sealed partial record Npy(int[] Shape, float[] Values)
{
    /// <summary>Reads a file.</summary>
    /// <exception cref="InvalidDataException">It is not such a file; the message says what was found.</exception>
    public static Npy Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        if (bytes.Length < 10 || bytes[0] != 0x93 || !bytes.AsSpan(1, 5).SequenceEqual("NUMPY"u8))
            throw new InvalidDataException($"{path}: expected a .npy file, which begins with \\x93NUMPY");
        if (bytes[6] != 1) throw new InvalidDataException($"{path}: .npy version {bytes[6]}, expected 1");
        var headerLength = BitConverter.ToUInt16(bytes, 8);
        var header = Encoding.ASCII.GetString(bytes, 10, headerLength);
        var match = Header().Match(header);
        if (!match.Success) throw new InvalidDataException($"{path}: header '{header.Trim()}', expected descr, fortran_order False, shape");
        int[] shape = [.. match.Groups["shape"].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(s => int.Parse(s, CultureInfo.InvariantCulture))];
        var data = bytes.AsSpan(10 + headerLength);
        var type = match.Groups["type"].Value;
        float[] values = type switch
        {
            "<f4" => MemoryMarshal.Cast<byte, float>(data).ToArray(),
            "<i4" => [.. MemoryMarshal.Cast<byte, int>(data).ToArray().Select(Exact)],
            "|i1" => [.. MemoryMarshal.Cast<byte, sbyte>(data).ToArray().Select(v => (float)v)],
            "|u1" => [.. data.ToArray().Select(v => (float)v)],
            _ => throw new InvalidDataException($"{path}: numbers of type '{type}', expected <f4, <i4, |i1 or |u1"),
        };
        var expected = shape.Aggregate(1L, (product, size) => product * size);
        if (values.Length != expected)
            throw new InvalidDataException($"{path}: {values.Length} numbers, its shape ({string.Join(", ", shape)}) needs {expected}");
        return new Npy(shape, values);

        float Exact(int value) => (int)(float)value == value
            ? value
            : throw new InvalidDataException($"{path}: {value} does not fit into a float");
    }

    /// <summary>The numbers as integers.</summary>
    public int[] Integers() => [.. Values.Select(v => (int)v)];

    /// <summary>
    /// The numbers as a tensor: [N,C,H,W] as it stands, [N,C] with 1×1 pixel, [C,H,W] as one case.
    /// </summary>
    public HostTensor Tensor() => Shape.Length switch
    {
        2 => new HostTensor(Shape[0], Shape[1], 1, 1, Values),
        3 => new HostTensor(1, Shape[0], Shape[1], Shape[2], Values),
        4 => new HostTensor(Shape[0], Shape[1], Shape[2], Shape[3], Values),
        _ => throw new InvalidOperationException($"a shape of {Shape.Length} sizes is not a tensor of maps"),
    };

    [GeneratedRegex(@"'descr':\s*'(?<type>[^']+)',\s*'fortran_order':\s*False,\s*'shape':\s*\((?<shape>[^)]*)\)")]
    private static partial Regex Header();
}
