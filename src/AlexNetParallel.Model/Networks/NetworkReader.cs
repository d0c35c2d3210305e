using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Networks;

/// <summary>Reads the mapping of a whole network.</summary>
internal static class NetworkReader
{
    private const int MostTowers = 64;

    /// <param name="section">The network.</param>
    /// <param name="defaultName">Its name where it says none.</param>
    /// <param name="dialect">The dialect that is wanted; null for the first, or the only.</param>
    /// <param name="neuron">Stands for every neuron that is not none.</param>
    public static Network Read(Section section, string defaultName, string? dialect, Neuron? neuron)
    {
        var name = section.Find("name")?.AsText() ?? defaultName;
        section.Subject = $"network {name}";
        var own = section.Find("dialect")?.AsText() ?? "";
        var variant = Variant(section, name, own, ref dialect);

        Entry? Either(string key)
        {
            var general = section.Find(key);
            return variant?.Find(key) ?? general;
        }
        Entry Needed(string key, string expected) => Either(key) ?? section.Required(key, expected);

        var image = Image(Needed("input", "{channels: 3, height: 32, width: 32}"));
        var towers = (int?)Either("towers")?.AsWhole(1, MostTowers) ?? 1;
        var list = Needed("layers", "a list of layers");
        var entries = list.AsList("a list of layers");
        section.RejectUnknown();
        variant?.RejectUnknown();

        var reader = new LayerReader(image, towers, neuron);
        var layers = new ValueList<Layer>(entries.Select((entry, index) => reader.Read(entry.AsSection($"layer {index + 1}", "a layer: keys with values"))));
        if (!reader.Ended) throw list.Wrong("a softmax as the last layer");
        if (!layers.OfType<WeightedLayer>().Any()) throw list.Wrong("at least one layer with weights");
        return new Network(name, dialect ?? own, image, towers, layers);
    }

    /// <summary>The section of the wanted dialect, or null where the network has no such sections.</summary>
    private static Section? Variant(Section section, string name, string own, ref string? dialect)
    {
        var dialects = section.Find("dialects")?.AsSection($"the dialects of network {name}", "a layer list and more for each dialect");
        if (dialects is null)
        {
            if (dialect is null || dialect == own) return null;
            throw section.Wrong(own.Length > 0 ? "dialect" : null,
                own.Length > 0 ? $"the dialect '{own}', not the wanted '{dialect}'," : $"no dialects, while '{dialect}' is wanted,");
        }
        if (own.Length > 0) throw section.Wrong("dialect", "both 'dialect' and 'dialects'", "one of them");
        var known = dialects.Keys.ToArray();
        if (known.Length == 0) throw dialects.Wrong(null, "no dialect", "at least one");
        dialect ??= known[0];
        var wanted = dialect;
        if (!known.Contains(wanted))
        {
            throw section.Wrong("dialects", $"no dialect '{wanted}'{Words.DidYouMean(wanted, known)}", Words.Choice(known));
        }
        return dialects.Find(wanted)?.AsSection($"dialect {wanted} of network {name}") ?? throw dialects.Wrong(wanted, $"nothing about '{wanted}'", "its layers");
    }

    private static MapSize Image(Entry entry)
    {
        var section = entry.AsSection("the input", "{channels: 3, height: 32, width: 32}");
        var size = new MapSize(
            (int)section.Required("channels", "3").AsWhole(1, 1024),
            (int)section.Required("height", "pixels").AsWhole(1, 4096),
            (int)section.Required("width", "pixels").AsWhole(1, 4096));
        section.RejectUnknown();
        return size;
    }
}
