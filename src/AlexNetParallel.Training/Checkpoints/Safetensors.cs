using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AlexNetParallel.Training.Checkpoints;

/// <summary>A tensor to be written: its name, its shape, and what fills it when its turn comes.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Sizes, slowest first.</param>
/// <param name="Fill">Writes the floats.</param>
public sealed record SafetensorsItem(string Name, IReadOnlyList<long> Shape, Action<Memory<float>> Fill)
{
    /// <summary>Number of floats.</summary>
    public long Length => Shape.Aggregate(1L, (product, size) => product * size);
}

/// <summary>
/// The safetensors format: 8 bytes little-endian length of a JSON header, the header, then the tensors' bytes. Only float32 (F32) here.
/// </summary>
public static class Safetensors
{
    private const long LargestHeader = 100 << 20;

    /// <summary>Writes a file, flushed to the disk, and gives the SHA-256 of its bytes in lower-case hexadecimal.</summary>
    public static string Write(string path, IReadOnlyList<SafetensorsItem> items, IReadOnlyDictionary<string, string> metadata)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject(metadata.Select(m => KeyValuePair.Create(m.Key, (JsonNode?)m.Value))) };
        var offset = 0L;
        foreach (var item in items)
        {
            var end = offset + item.Length * sizeof(float);
            header[item.Name] = new JsonObject
            {
                ["dtype"] = "F32",
                ["shape"] = new JsonArray([.. item.Shape.Select(s => JsonValue.Create(s))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        var json = JsonSerializer.SerializeToUtf8Bytes(header);
        var padded = (json.Length + 7) / 8 * 8;
        var head = new byte[8 + padded];
        BinaryPrimitives.WriteInt64LittleEndian(head, padded);
        json.CopyTo(head, 8);
        head.AsSpan(8 + json.Length).Fill((byte)' ');

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
        hash.AppendData(head);
        file.Write(head);
        foreach (var item in items)
        {
            var values = new float[item.Length];
            item.Fill(values);
            var bytes = MemoryMarshal.AsBytes(values.AsSpan());
            hash.AppendData(bytes);
            file.Write(bytes);
        }
        file.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Opens a file and reads its header.</summary>
    /// <exception cref="CheckpointException">It is not such a file, or cut off.</exception>
    public static SafetensorsReader Open(string path)
    {
        var file = File.OpenHandle(path);
        try
        {
            Span<byte> head = stackalloc byte[8];
            if (RandomAccess.Read(file, head, 0) != 8) throw new CheckpointException(path, "found fewer than 8 bytes; expected a safetensors file");
            var length = BinaryPrimitives.ReadInt64LittleEndian(head);
            var size = RandomAccess.GetLength(file);
            if (length < 2 || length > LargestHeader || 8 + length > size)
                throw new CheckpointException(path, $"found a header of {length} bytes in a file of {size}; the file is cut off or not safetensors");
            var json = new byte[length];
            if (RandomAccess.Read(file, json, 8) != length) throw new CheckpointException(path, "the header is cut off");
            var entries = new Dictionary<string, (long[] Shape, long Begin, long End)>();
            foreach (var (name, node) in JsonNode.Parse(json)!.AsObject())
            {
                if (name == "__metadata__") continue;
                var type = (string?)node!["dtype"];
                if (type != "F32") throw new CheckpointException(path, $"tensor {name} is of type {type}; expected F32");
                long[] shape = [.. node["shape"]!.AsArray().Select(s => (long)s!)];
                var (begin, end) = ((long)node["data_offsets"]![0]!, (long)node["data_offsets"]![1]!);
                if (begin < 0 || end - begin != shape.Aggregate(1L, (p, s) => p * s) * sizeof(float) || 8 + length + end > size)
                    throw new CheckpointException(path, $"tensor {name} has bytes {begin} to {end} for shape [{string.Join(", ", shape)}] in a file of {size} bytes; the file is cut off or damaged");
                entries.Add(name, (shape, 8 + length + begin, 8 + length + end));
            }
            return new SafetensorsReader(path, file, entries);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or NullReferenceException)
        {
            file.Dispose();
            throw new CheckpointException(path, $"the header is not what safetensors prescribes ({e.Message})");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }
}

/// <summary>An open safetensors file.</summary>
public sealed class SafetensorsReader : IDisposable
{
    private readonly Microsoft.Win32.SafeHandles.SafeFileHandle file;
    private readonly Dictionary<string, (long[] Shape, long Begin, long End)> entries;

    internal SafetensorsReader(string path, Microsoft.Win32.SafeHandles.SafeFileHandle file, Dictionary<string, (long[], long, long)> entries) =>
        (Path, this.file, this.entries) = (path, file, entries);

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>Names of the tensors.</summary>
    public IEnumerable<string> Names => entries.Keys;

    /// <summary>Sizes of a tensor, slowest first.</summary>
    public IReadOnlyList<long> Shape(string name) => entries[name].Shape;

    /// <summary>Reads a whole tensor.</summary>
    public float[] Read(string name)
    {
        var (_, begin, end) = entries[name];
        var values = new float[(end - begin) / sizeof(float)];
        var bytes = MemoryMarshal.AsBytes(values.AsSpan());
        while (bytes.Length > 0)
        {
            var n = RandomAccess.Read(file, bytes, begin);
            if (n == 0) throw new CheckpointException(Path, $"tensor {name} is cut off");
            bytes = bytes[n..];
            begin += n;
        }
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => file.Dispose();
}

/// <summary>A checkpoint that cannot be used: the message names the file, what was found and what was expected.</summary>
public sealed class CheckpointException(string file, string problem) : Exception($"{file}: {problem}")
{
    /// <summary>The file.</summary>
    public string File { get; } = file;
}
