using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Checkpoints;

/// <summary>
/// A complete checkpoint, open for reading. The workers' files hold runs of output channels; read together they are the whole network's
/// parameters, so any partition can load what another has written.
/// </summary>
public sealed class Checkpoint : IDisposable
{
    private readonly List<SafetensorsReader> files = [];
    private readonly Dictionary<(string Layer, ParameterKind Kind), List<(ChannelRange Outputs, SafetensorsReader File, string Name)>> parts = [];

    private Checkpoint(string folder, CheckpointInfo info) => (Folder, Info) = (folder, info);

    /// <summary>What is kept.</summary>
    public static IReadOnlyList<ParameterKind> Kinds { get; } =
        [ParameterKind.Weights, ParameterKind.Biases, ParameterKind.WeightMomentum, ParameterKind.BiasMomentum];

    /// <summary>The folder.</summary>
    public string Folder { get; }

    /// <summary>checkpoint.json.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>Opens a checkpoint.</summary>
    /// <param name="folder">A complete checkpoint's folder.</param>
    /// <param name="verify">Compare every file's SHA-256 with checkpoint.json.</param>
    /// <exception cref="CheckpointException">Something is missing or damaged.</exception>
    public static Checkpoint Open(string folder, bool verify = true)
    {
        var checkpoint = new Checkpoint(folder, CheckpointInfo.Read(folder));
        try
        {
            foreach (var file in checkpoint.Info.Files) checkpoint.Add(Path.Combine(folder, file.Name), verify ? file.Sha256 : null);
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    /// <summary>Opens workers' files that are not yet a complete checkpoint.</summary>
    internal static Checkpoint OpenParts(string folder, IEnumerable<string> names, CheckpointInfo info)
    {
        var checkpoint = new Checkpoint(folder, info);
        foreach (var name in names) checkpoint.Add(Path.Combine(folder, name), null);
        return checkpoint;
    }

    private void Add(string path, string? sha256)
    {
        if (!File.Exists(path)) throw new CheckpointException(path, "not found, though checkpoint.json names it");
        if (sha256 is not null)
        {
            using var stream = File.OpenRead(path);
            var found = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (found != sha256) throw new CheckpointException(path, $"is damaged: found SHA-256 {found}, expected {sha256}");
        }
        var reader = Safetensors.Open(path);
        files.Add(reader);
        foreach (var name in reader.Names)
        {
            var (layer, kind, outputs) = ParseName(path, name);
            if (!parts.TryGetValue((layer, kind), out var list)) parts.Add((layer, kind), list = []);
            list.Add((outputs, reader, name));
        }
    }

    /// <summary>Reads some output channels of a layer's weights, biases or momentum, in canonical order (fan-in, outputs).</summary>
    /// <exception cref="CheckpointException">The checkpoint has not all of them.</exception>
    public float[] Read(WeightedLayer layer, ParameterKind kind, ChannelRange outputs)
    {
        var rows = kind is ParameterKind.Weights or ParameterKind.WeightMomentum ? layer.FanIn : 1;
        var values = new float[(long)rows * outputs.Count];
        var found = ChannelSet.Empty;
        foreach (var part in parts.GetValueOrDefault((layer.Name, kind)) ?? [])
        {
            var both = part.Outputs.Intersect(outputs);
            if (both.IsEmpty) continue;
            var source = part.File.Read(part.Name);
            if (source.LongLength != (long)rows * part.Outputs.Count)
                throw new CheckpointException(part.File.Path, $"{part.Name} has {source.LongLength} floats; layer {layer.Name} of this network has {(long)rows * part.Outputs.Count}");
            for (var row = 0; row < rows; row++)
            {
                source.AsSpan(checked(row * part.Outputs.Count + both.First - part.Outputs.First), both.Count)
                    .CopyTo(values.AsSpan(checked(row * outputs.Count + both.First - outputs.First)));
            }
            found = found.Union(new ChannelSet(both));
        }
        return found.Channels == outputs.Count ? values
            : throw new CheckpointException(Folder, $"has {found.Channels} of the {outputs.Count} outputs of {layer.Name}'s {kind}; is it a checkpoint of this network?");
    }

    /// <summary>Loads an engine's parameters and momentum.</summary>
    public void Load(WorkerEngine engine)
    {
        foreach (var set in engine.Program.Parameters)
            foreach (var kind in Kinds)
                engine.Parameters(set.Id).Import(kind, Read(set.Layer, kind, set.Outputs));
    }

    /// <summary>
    /// SHA-256 over all weights, then biases, layer by layer in network order, each whole, little-endian float32: the same under every partition.
    /// </summary>
    public string WeightsSha256(Network network)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var layer in network.Weighted)
            foreach (var kind in (ReadOnlySpan<ParameterKind>)[ParameterKind.Weights, ParameterKind.Biases])
                hash.AppendData(MemoryMarshal.AsBytes(Read(layer, kind, new ChannelRange(0, layer.Output.Channels)).AsSpan()));
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The first tensor and element in which two checkpoints differ, bit for bit; null when they are equal.</summary>
    public static (string Tensor, long Index, float A, float B)? FirstDifference(Checkpoint a, Checkpoint b, Network network)
    {
        foreach (var layer in network.Weighted)
        {
            var all = new ChannelRange(0, layer.Output.Channels);
            foreach (var kind in Kinds)
            {
                var (x, y) = (a.Read(layer, kind, all), b.Read(layer, kind, all));
                var same = MemoryMarshal.Cast<float, int>(x).CommonPrefixLength(MemoryMarshal.Cast<float, int>(y));
                if (same < x.Length) return ($"{layer.Name}.{Word(kind)}", same, x[same], y[same]);
            }
        }
        return null;
    }

    /// <summary>Writes the file of one worker: the parameters whose copy in the checkpoint is its.</summary>
    /// <returns>The file's entry for checkpoint.json.</returns>
    public static CheckpointFile WriteWorker(string folder, WorkerEngine engine) =>
        WriteWorker(folder, engine.Plan, engine.Rank, (set, kind, memory) => engine.Parameters(set.Id).Export(kind, memory.Span));

    /// <summary>Writes the file that a worker of a plan would write.</summary>
    /// <param name="folder">The checkpoint's folder.</param>
    /// <param name="plan">Says what the worker holds.</param>
    /// <param name="rank">The worker.</param>
    /// <param name="fill">Writes some of its parameters in canonical order; the memory holds zeros.</param>
    /// <returns>The file's entry for checkpoint.json.</returns>
    public static CheckpointFile WriteWorker(string folder, Plan plan, int rank, Action<ParameterSet, ParameterKind, Memory<float>> fill)
    {
        var items = new List<SafetensorsItem>();
        foreach (var set in plan.Programs[rank].Parameters.Where(s => s.Owner == rank))
        {
            foreach (var kind in Kinds)
            {
                IReadOnlyList<long> shape = kind is ParameterKind.Weights or ParameterKind.WeightMomentum ? [set.Layer.FanIn, set.Outputs.Count] : [set.Outputs.Count];
                items.Add(new SafetensorsItem($"{set.Layer.Name}.{Word(kind)}[{set.Outputs.First}:{set.Outputs.End}]", shape, memory => fill(set, kind, memory)));
            }
        }
        var name = $"worker-{rank}.safetensors";
        var path = Path.Combine(folder, name);
        var sha256 = Safetensors.Write(path, items, new Dictionary<string, string>
        {
            ["network"] = plan.Network.Name,
            ["worker"] = rank.ToString(CultureInfo.InvariantCulture),
            ["order"] = "weights: (channel, ky, kx) or inputs slowest, output channels [first:end) fastest",
        });
        return new CheckpointFile(name, new FileInfo(path).Length, sha256);
    }

    private static string Word(ParameterKind kind) => kind switch
    {
        ParameterKind.Weights => "weights",
        ParameterKind.Biases => "biases",
        ParameterKind.WeightMomentum => "weight_momentum",
        ParameterKind.BiasMomentum => "bias_momentum",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "is not kept in checkpoints"),
    };

    private static (string Layer, ParameterKind Kind, ChannelRange Outputs) ParseName(string path, string name)
    {
        var (dot, open, colon) = (name.LastIndexOf('.'), name.LastIndexOf('['), name.LastIndexOf(':'));
        if (dot > 0 && open > dot && colon > open && name.EndsWith(']')
            && int.TryParse(name.AsSpan(open + 1, colon - open - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && int.TryParse(name.AsSpan(colon + 1, name.Length - colon - 2), NumberStyles.None, CultureInfo.InvariantCulture, out var end))
        {
            foreach (var kind in Kinds)
                if (name.AsSpan(dot + 1, open - dot - 1).SequenceEqual(Word(kind))) return (name[..dot], kind, new ChannelRange(first, end - first));
        }
        throw new CheckpointException(path, $"tensor '{name}' is not named like 'conv1.weights[0:48]'");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }
}
