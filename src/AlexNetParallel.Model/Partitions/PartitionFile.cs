using AlexNetParallel.Model.Files;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Partitions;

/// <summary>Partitions as YAML files; docs/recipes.md has the format.</summary>
public static class PartitionFile
{
    private const int MostWorkers = 1024;

    private const string DefaultKey = "default";

    private const string WireForms = "single or half";

    private const string Forms = "channels, batch, replicate or {on: 0}";

    /// <summary>Loads a partition.</summary>
    /// <param name="nameOrPath">Its name ("paper"), or the path of a file.</param>
    /// <exception cref="RecipeException">There is no such file, or it is wrong.</exception>
    public static Partition Load(string nameOrPath)
    {
        var path = RecipeFolder.Partition(nameOrPath);
        return Parse(YamlText.ReadFile(path), path);
    }

    /// <summary>Reads a partition from text.</summary>
    /// <param name="text">YAML.</param>
    /// <param name="file">What to call the text in messages; the partition's name where the text has none.</param>
    /// <exception cref="RecipeException">It is wrong.</exception>
    public static Partition Parse(string text, string file) => Read(YamlText.Parse(file, text, "partition"), Path.GetFileNameWithoutExtension(file));

    /// <summary>A partition as text; <see cref="Parse"/> gives an equal one.</summary>
    public static string Write(Partition partition) => YamlText.Write(WriteNode(partition));

    /// <summary>Reads the mapping of a whole partition.</summary>
    internal static Partition Read(Section section, string defaultName)
    {
        var name = section.Find("name")?.AsText() ?? defaultName;
        section.Subject = $"partition {name}";
        var general = ReadSharding(section.Required("default", Forms));
        var layers = new Dictionary<string, Sharding>();
        if (section.Find("layers") is { } entry)
        {
            var exceptions = entry.AsSection($"the layers of partition {name}", $"a layer's name or type, and {Forms}, on each line");
            foreach (var key in exceptions.Keys) layers.Add(key, ReadSharding(exceptions.Required(key, Forms)));
        }
        var micro = section.Word("micro_batches", MicroBatches.None);
        var wire = section.Find("wire") is { } given ? ReadWire(given, name) : Wire.Single;
        section.RejectUnknown();
        return new Partition(name, general, layers, micro) { Wire = wire };
    }

    /// <summary>The mapping of a whole partition.</summary>
    internal static YamlMappingNode WriteNode(Partition partition)
    {
        var root = new YamlMappingNode { { "name", partition.Name }, { "default", WriteSharding(partition.Default) } };
        if (partition.MicroBatches != MicroBatches.None) root.Add("micro_batches", Yaml.Value(Words.Of(partition.MicroBatches)));
        if (partition.Wire != Wire.Single) root.Add("wire", WriteWire(partition.Wire));
        if (partition.Layers.Count == 0) return root;
        var layers = new YamlMappingNode();
        foreach (var (key, sharding) in partition.Layers.OrderBy(l => l.Key, StringComparer.Ordinal)) layers.Add(key, WriteSharding(sharding));
        root.Add("layers", layers);
        return root;
    }

    /// <summary>One word for all layers, or a word for each of some.</summary>
    private static Wire ReadWire(Entry entry, string partition)
    {
        if (!entry.IsSection) return Wire.Single with { Default = entry.AsWord<WireFormat>() };
        var section = entry.AsSection($"the wire of partition {partition}");
        var layers = section.Keys.Where(key => key != DefaultKey).ToDictionary(key => key, key => section.Required(key, WireForms).AsWord<WireFormat>());
        var wire = new Wire(section.Word(DefaultKey, WireFormat.Single), layers);
        section.RejectUnknown();
        return wire;
    }

    private static YamlNode WriteWire(Wire wire)
    {
        if (wire.Layers.Count == 0) return Yaml.Value(Words.Of(wire.Default));
        var node = new YamlMappingNode { { DefaultKey, Words.Of(wire.Default) } };
        foreach (var (key, format) in wire.Layers.OrderBy(l => l.Key, StringComparer.Ordinal)) node.Add(key, Yaml.Value(Words.Of(format)));
        return node;
    }

    private static Sharding ReadSharding(Entry entry)
    {
        if (entry.IsSection)
        {
            var section = entry.AsSection();
            var worker = (int)section.Required("on", "the rank of a worker").AsWhole(0, MostWorkers - 1);
            section.RejectUnknown();
            return Sharding.On(worker);
        }
        var word = entry.AsText(Forms);
        foreach (var sharding in (Sharding[])[Sharding.Channels, Sharding.Batch, Sharding.Replicate])
        {
            if (sharding.ToString() == word) return sharding;
        }
        throw entry.Wrong(Forms, Words.DidYouMean(word, ["channels", "batch", "replicate"]));
    }

    private static YamlNode WriteSharding(Sharding sharding) => sharding.Kind == ShardingKind.On
        ? Yaml.Line(("on", sharding.Worker))
        : Yaml.Value(sharding.ToString());
}
