using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using AlexNetParallel.Data.Preparing;

namespace AlexNetParallel.Data.Prepared;

/// <summary>What has been done of a preparation: kept in the folder after each shard, so that one that was killed goes on where it was.</summary>
internal sealed class PreparationState
{
    private const string FileName = ".preparing";

    private readonly string path;
    private readonly Lock gate = new();

    private PreparationState(string path, string key, int size) => (this.path, Key, Sums) = (path, key, new StatisticsSums(size, size));

    /// <summary>Of the sources and options.</summary>
    public string Key { get; }

    /// <summary>Shards that are whole, by name.</summary>
    public Dictionary<string, PreparedShard> Shards { get; } = new(StringComparer.Ordinal);

    /// <summary>What could not be used so far.</summary>
    public List<BrokenFile> Broken { get; } = [];

    /// <summary>Sums over the training images of the whole shards.</summary>
    public StatisticsSums Sums { get; }

    /// <summary>Begins, or goes on.</summary>
    /// <exception cref="DataSetException">Another preparation was begun in the folder.</exception>
    public static PreparationState Open(string folder, string key, int size)
    {
        var state = new PreparationState(Path.Combine(folder, FileName), key, size);
        if (!File.Exists(state.path)) return state;
        var bytes = File.ReadAllBytes(state.path);
        if (bytes.Length < 40 || !SHA256.HashData(bytes.AsSpan(0, bytes.Length - 32)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 32))) return state;
        var length = BitConverter.ToInt32(bytes);
        var saved = JsonSerializer.Deserialize<Saved>(bytes.AsSpan(4, length))!;
        if (saved.Key != key) throw new DataSetException($"{folder} holds the beginnings of a preparation from other pictures or with other options; use another folder, or empty this one");
        foreach (var shard in saved.Shards) state.Shards.Add(shard.File, shard);
        state.Broken.AddRange(saved.Broken);
        state.Sums.Restore(saved.Images, MemoryMarshal.Cast<byte, long>(bytes.AsSpan(4 + length, bytes.Length - 36 - length)));
        return state;
    }

    /// <summary>A shard is whole.</summary>
    public void Add(PreparedShard shard, IReadOnlyList<BrokenFile> broken, StatisticsSums? sums)
    {
        lock (gate)
        {
            Shards.Add(shard.File, shard);
            Broken.AddRange(broken);
            if (sums is not null) Sums.Add(sums);
            var json = JsonSerializer.SerializeToUtf8Bytes(new Saved(Key, Sums.Images, [.. Shards.Values], Broken));
            byte[] content = [.. BitConverter.GetBytes(json.Length), .. json, .. MemoryMarshal.AsBytes<long>(Sums.Save())];
            Whole.Write(path, [.. content, .. SHA256.HashData(content)]);
        }
    }

    /// <summary>The preparation is done.</summary>
    public void Delete() => File.Delete(path);

    private sealed record Saved(string Key, long Images, IReadOnlyList<PreparedShard> Shards, IReadOnlyList<BrokenFile> Broken);
}
