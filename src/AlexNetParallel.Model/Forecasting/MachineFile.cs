using AlexNetParallel.Model.Files;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>Machines as YAML files; docs/explore.md has the format.</summary>
public static class MachineFile
{
    /// <summary>Loads a machine by name ("v100"), or a file by its path.</summary>
    /// <exception cref="RecipeException">There is no such file, or it is wrong.</exception>
    public static Machine Load(string nameOrPath)
    {
        var path = RecipeFolder.Machine(nameOrPath);
        return Parse(YamlText.ReadFile(path), path);
    }

    /// <summary>Reads a machine from text.</summary>
    /// <exception cref="RecipeException">It is wrong.</exception>
    public static Machine Parse(string text, string file)
    {
        var section = YamlText.Parse(file, text, "machine");
        var name = section.Find("name")?.AsText() ?? Path.GetFileNameWithoutExtension(file);
        section.Subject = $"machine {name}";
        var source = section.Required("source", "where the figures come from").AsText();
        var memory = section.Required("memory_bytes", "bytes of a worker's memory").AsPositive();
        var workers = section.Whole("workers_per_host", 1, 1);
        var hosts = section.Whole("hosts", 0, 1);
        var slowdown = section.Number("slowdown", 1, 1);
        var step = section.Number("step_seconds", 0, 0);
        var rates = section.Required("rates", "a rate for each kind of work").AsSection($"the rates of machine {name}");
        var found = new Dictionary<WorkKind, IReadOnlyList<Rate>>();
        foreach (var kind in Enum.GetValues<WorkKind>())
            found.Add(kind, ReadRates(rates.Required(Words.Of(kind), "operations (bytes) a second, or a list of [operations, operations a second]")));
        rates.RejectUnknown();
        var links = section.Required("links", "a link for each transport").AsSection($"the links of machine {name}");
        var ways = new Dictionary<string, Link>();
        foreach (var transport in links.Keys.ToArray())
        {
            var link = links.Required(transport, "latency_seconds, bytes_per_second").AsSection($"link {transport}");
            ways.Add(transport, new Link(link.Number("latency_seconds", 0, 0), link.Required("bytes_per_second", "payload a second").AsPositive(),
                link.Number("slab_work_seconds", 0, 0), link.Find("work_bytes_per_second")?.AsPositive() ?? double.PositiveInfinity));
            link.RejectUnknown();
        }
        section.RejectUnknown();
        return new Machine(name, source, memory, found, ways, workers, slowdown, step, hosts > 0 ? hosts : null);
    }

    /// <summary>A machine as text; <see cref="Parse"/> gives an equal one.</summary>
    public static string Write(Machine machine)
    {
        var rates = new YamlMappingNode();
        foreach (var (kind, list) in machine.Rates.OrderBy(r => r.Key))
            rates.Add(Words.Of(kind), new YamlSequenceNode(list.Select(r => Yaml.List<double>([Math.Round(r.Flop), Math.Round(r.PerSecond)]))));
        var links = new YamlMappingNode();
        foreach (var (name, link) in machine.Links)
        {
            (string, object)[] work = double.IsFinite(link.WorkBytesPerSecond) ? [("slab_work_seconds", link.SlabWorkSeconds), ("work_bytes_per_second", Math.Round(link.WorkBytesPerSecond))] : [];
            links.Add(name, Yaml.Line([("latency_seconds", link.LatencySeconds), ("bytes_per_second", Math.Round(link.BytesPerSecond)), .. work]));
        }
        var file = new YamlMappingNode
        {
            { "name", machine.Name }, { "source", Yaml.Value(machine.Source) }, { "memory_bytes", Yaml.Value(machine.MemoryBytes) }, { "workers_per_host", Yaml.Value(machine.WorkersPerHost) },
        };
        if (machine.Hosts is { } hosts) file.Add("hosts", Yaml.Value(hosts));
        file.Add("slowdown", Yaml.Value(machine.Slowdown));
        file.Add("step_seconds", Yaml.Value(machine.StepSeconds));
        file.Add("rates", rates);
        file.Add("links", links);
        return YamlText.Write(file);
    }

    private static IReadOnlyList<Rate> ReadRates(Entry entry)
    {
        if (!entry.IsList) return [new Rate(1, entry.AsPositive())];
        Rate[] rates = [.. entry.AsList().Select(pair => pair.AsList()).Select(pair => pair.Count == 2 ? new Rate(pair[0].AsPositive(), pair[1].AsPositive()) : throw entry.Wrong("pairs [operations, operations a second]"))];
        return rates.Length > 0 ? [.. rates.OrderBy(r => r.Flop)] : throw entry.Wrong("at least one pair [operations, operations a second]");
    }
}
