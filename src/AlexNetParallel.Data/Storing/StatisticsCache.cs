using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;

namespace AlexNetParallel.Data.Storing;

/// <summary>
/// Keeps the statistics of large sets in a folder, one file a set, keyed by the names and lengths of the files summed and by how they were resized. A file that is
/// damaged counts as not there; one that cannot be written is computed again next time.
/// </summary>
internal sealed class StatisticsCache(string? folder)
{
    private const ulong Magic = 0x31544154_53584C41;   // "ALXSTAT1"

    private readonly string folder = folder ?? Path.Combine(
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "alexnet-parallel");

    /// <summary>The key of a set's statistics.</summary>
    public static string Key(IEnumerable<ImageFile> files, int height, int width, int? resize)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{height}x{width}, resize {resize}\n"));
        foreach (var file in files) hash.AppendData(Encoding.UTF8.GetBytes($"{file.Name}\t{file.Bytes.Length}\n"));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What was kept under the key; null if nothing that is whole.</summary>
    public TrainingStatistics? Load(string key)
    {
        try
        {
            var bytes = File.ReadAllBytes(PathOf(key));
            if (bytes.Length < 64 || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32))) return null;
            using var reader = new BinaryReader(new MemoryStream(bytes));
            if (reader.ReadUInt64() != Magic) return null;
            var (images, height, width) = (reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32());
            var covariance = new double[3, 3];
            for (var i = 0; i < 9; i++) covariance[i / 3, i % 3] = reader.ReadDouble();
            var mean = MemoryMarshal.Cast<byte, float>(reader.ReadBytes(3 * height * width * sizeof(float))).ToArray();
            return new TrainingStatistics(images, height, width, mean, covariance);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Keeps statistics: written aside, then renamed.</summary>
    public void Save(string key, TrainingStatistics statistics)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        writer.Write(Magic);
        writer.Write(statistics.Images);
        writer.Write(statistics.Height);
        writer.Write(statistics.Width);
        foreach (var value in statistics.Covariance) writer.Write(value);
        writer.Write(MemoryMarshal.AsBytes<float>(statistics.Mean));
        writer.Write(SHA256.HashData(memory.GetBuffer().AsSpan(0, (int)memory.Length)));
        try
        {
            Directory.CreateDirectory(folder);
            var aside = PathOf(key) + "." + Environment.ProcessId;
            File.WriteAllBytes(aside, memory.ToArray());
            File.Move(aside, PathOf(key), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // It is only a saving of time.
        }
    }

    private string PathOf(string key) => Path.Combine(folder, $"statistics-{key[..32]}.bin");
}
