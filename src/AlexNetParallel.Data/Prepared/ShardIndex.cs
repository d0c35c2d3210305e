using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace AlexNetParallel.Data.Prepared;

/// <summary>Where an image lies in its shard.</summary>
/// <param name="Offset">First byte of the JPEG in the tar.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="Label">Its class.</param>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly record struct ShardEntry(long Offset, int Length, int Label);

/// <summary>The index of a shard: 16 bytes an image, so that 1.28 million images take 20 MB.</summary>
internal static class ShardIndex
{
    /// <summary>Name of a shard's index.</summary>
    public static string PathOf(string tar) => tar + ".index";

    /// <summary>Writes it.</summary>
    /// <returns>SHA-256 of its bytes.</returns>
    public static string Write(string tar, ReadOnlySpan<ShardEntry> entries)
    {
        var bytes = MemoryMarshal.AsBytes(entries);
        Whole.Write(PathOf(tar), bytes);
        return Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    /// <summary>Reads it, and checks it against the set's list.</summary>
    /// <exception cref="DataSetException">It, or its shard, is missing or damaged.</exception>
    public static ShardEntry[] Read(string folder, PreparedShard shard, int classes)
    {
        var tar = Path.Combine(folder, shard.File);
        try
        {
            var bytes = File.ReadAllBytes(PathOf(tar));
            var found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (found != shard.Sha256) throw new DataSetException($"{PathOf(tar)} is damaged: found SHA-256 {found}, expected {shard.Sha256}");
            var entries = MemoryMarshal.Cast<byte, ShardEntry>(bytes).ToArray();
            var end = entries.Length == 0 ? 0 : entries.Max(e => e.Offset + e.Length);
            var size = new FileInfo(tar).Length;
            if (entries.Length != shard.Images || end > size || entries.Any(e => e.Label < 0 || e.Label >= classes))
                throw new DataSetException($"{tar} has {size} bytes; its index wants {entries.Length} images in {end}, dataset.json {shard.Images}: the set is damaged");
            return entries;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{tar} cannot be read: {e.Message}", e);
        }
    }
}
