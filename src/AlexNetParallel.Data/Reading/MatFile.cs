using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace AlexNetParallel.Data.Reading;

/// <summary>A field of a structure: its text, or its first number; neither where it is empty or of another kind.</summary>
internal readonly record struct MatValue(string? Text, double? Number);

/// <summary>
/// Reads one array of structures from a MATLAB file of level 5 (MathWorks, "MAT-File Format"), which MATLAB 5 to 7 write: as much as ILSVRC's meta.mat needs. Sizes in the file are
/// believed only as far as there are bytes.
/// </summary>
internal static class MatFile
{
    private const int HeaderBytes = 128, Compressed = 15, Matrix = 14, StructureClass = 2, CharacterClass = 4, FirstNumericClass = 6, LastNumericClass = 15;

    /// <summary>Most bytes that a compressed variable may come to: meta.mat has less than one million.</summary>
    private const int MostBytes = 64 << 20;

    /// <summary>The elements of a structure array, in the file's order.</summary>
    /// <param name="path">The file.</param>
    /// <param name="variable">Name of the array.</param>
    /// <exception cref="DataSetException">It cannot be read or understood, or has no such array.</exception>
    public static IReadOnlyList<IReadOnlyDictionary<string, MatValue>> ReadStructures(string path, string variable)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            Check(path, bytes);
            var names = new List<string>();
            for (var elements = new MatElements(bytes.AsSpan(HeaderBytes)); !elements.IsAtEnd;)
            {
                var (type, data) = elements.Next();
                if (type == Compressed) (type, data) = new MatElements(Inflate(data)).Next();
                if (type != Matrix) continue;
                var array = Head(data);
                if (array.Name == variable && array.Kind == StructureClass) return Structures(array.Rest, array.Count);
                names.Add(array.Name);
            }
            throw new DataSetException($"{path} has no structure array '{variable}'; it has {(names.Count > 0 ? string.Join(", ", names) : "no variables")}");
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException)
        {
            throw new DataSetException($"{path} is damaged, or no MATLAB file of level 5: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static void Check(string path, byte[] bytes)
    {
        if (bytes.Length < HeaderBytes || !bytes.AsSpan().StartsWith("MATLAB "u8)) throw new DataSetException($"{path} is no MATLAB file; expected the devkit's meta.mat, which begins with 'MATLAB 5.0 MAT-file'");
        if (bytes.AsSpan(124, 4) is not [0, 1, (byte)'I', (byte)'M'])
            throw new DataSetException($"{path} is a MATLAB file of another version ('{Encoding.ASCII.GetString(bytes, 0, 19)}'); expected level 5, little-endian: save it with '-v7' in MATLAB");
    }

    private static byte[] Inflate(ReadOnlySpan<byte> data)
    {
        using var stream = new ZLibStream(new MemoryStream(data.ToArray()), CompressionMode.Decompress);
        using var memory = new MemoryStream();
        var buffer = new byte[1 << 16];
        for (int got; (got = stream.Read(buffer)) > 0;)
        {
            memory.Write(buffer, 0, got);
            if (memory.Length > MostBytes) throw new InvalidDataException($"a variable is more than {MostBytes >> 20} MiB large");
        }
        return memory.ToArray();
    }

    // What every array begins with: flags, dimensions, name. An array of no bytes is an empty one.
    private static MatArray Head(ReadOnlySpan<byte> data)
    {
        if (data.IsEmpty) return default;
        var elements = new MatElements(data);
        var flags = elements.Next().Data;
        var dimensions = elements.Next().Data;
        var name = Encoding.ASCII.GetString(elements.Next().Data);
        if (flags.Length < 4 || dimensions.Length % 4 != 0) throw new InvalidDataException("an array's head has a wrong size");
        var count = 1;
        for (var i = 0; i < dimensions.Length; i += 4) count = checked(count * BinaryPrimitives.ReadInt32LittleEndian(dimensions[i..]));
        return count >= 0 ? new MatArray { Kind = flags[0], Count = count, Name = name, Rest = elements.Rest } : throw new InvalidDataException($"an array has {count} elements");
    }

    private static List<IReadOnlyDictionary<string, MatValue>> Structures(ReadOnlySpan<byte> data, int count)
    {
        var elements = new MatElements(data);
        var width = elements.Next().Data;
        var names = elements.Next().Data;
        var length = width.Length >= 4 ? BinaryPrimitives.ReadInt32LittleEndian(width) : 0;
        if (length < 1 || length > names.Length || names.Length % length != 0) throw new InvalidDataException("the names of a structure's fields have a wrong size");
        var fields = new string[names.Length / length];
        for (var i = 0; i < fields.Length; i++) fields[i] = Encoding.ASCII.GetString(names.Slice(i * length, length)).TrimEnd('\0');
        // Each field takes a tag at least, so that a count out of the air is not believed.
        if ((long)count * fields.Length > elements.Rest.Length / MatElements.TagBytes) throw new InvalidDataException($"{count} structures of {fields.Length} fields do not fit into {elements.Rest.Length} bytes");
        var result = new List<IReadOnlyDictionary<string, MatValue>>(count);
        for (var i = 0; i < count; i++)
        {
            var row = new Dictionary<string, MatValue>(StringComparer.Ordinal);
            foreach (var field in fields)
            {
                var (type, value) = elements.Next();
                if (type != Matrix) throw new InvalidDataException($"field {field} of structure {i + 1} is of type {type}, not an array");
                row[field] = Value(value);
            }
            result.Add(row);
        }
        return result;
    }

    private static MatValue Value(ReadOnlySpan<byte> data)
    {
        var array = Head(data);
        if (array.Count == 0 || array.Kind is not (CharacterClass or (>= FirstNumericClass and <= LastNumericClass))) return default;
        var values = new MatElements(array.Rest).Next();
        return array.Kind == CharacterClass ? new MatValue(values.Text(), null) : new MatValue(null, values.FirstNumber());
    }

    private readonly ref struct MatArray
    {
        public int Kind { get; init; }

        public int Count { get; init; }

        public string Name { get; init; }

        public ReadOnlySpan<byte> Rest { get; init; }
    }
}
