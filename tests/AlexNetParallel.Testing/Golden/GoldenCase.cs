using System.Text.Json;
using Xunit;

namespace AlexNetParallel.Testing.Golden;

/// <summary>
/// One case of the golden tensors: inputs and expected outputs that another program computed in double precision (tests/golden/README.md).
/// Cases that the repository holds come from tests/golden, all others from ../shared/data/golden.
/// </summary>
public sealed class GoldenCase
{
    private static readonly Lazy<Dictionary<string, GoldenCase>> Held = new(() => Index(Repository.Path("tests", "golden")));
    private static readonly Lazy<Dictionary<string, GoldenCase>> Shared = new(() => Index(Repository.Shared("data", "golden")));

    private readonly string folder;
    private readonly Dictionary<string, string> files;

    private GoldenCase(string folder, JsonElement entry)
    {
        this.folder = folder;
        Name = entry.GetProperty("case").GetString()!;
        Operation = entry.GetProperty("op").GetString()!;
        Attributes = entry.GetProperty("attributes");
        files = entry.GetProperty("files").EnumerateObject().ToDictionary(f => f.Name, f => f.Value.GetProperty("file").GetString()!);
    }

    /// <summary>Name of the case.</summary>
    public string Name { get; }

    /// <summary>The index's "op": conv2d, maxpool2d, lrn_across_channels, softmax_cross_entropy, linear, …</summary>
    public string Operation { get; }

    /// <summary>The index's "attributes".</summary>
    public JsonElement Attributes { get; }

    /// <summary>Names of the case's arrays.</summary>
    public IReadOnlyCollection<string> Arrays => files.Keys;

    /// <summary>The case; skips the running test by name where neither folder holds it.</summary>
    public static GoldenCase Open(string name)
    {
        if (Held.Value.TryGetValue(name, out var held)) return held;
        Skip.If(Shared.Value.Count == 0, $"needs ../shared/data/golden/{name}, which is not here");
        return Shared.Value.TryGetValue(name, out var shared)
            ? shared
            : throw new KeyNotFoundException($"no golden case '{name}'; there are {string.Join(", ", Shared.Value.Keys)}");
    }

    /// <summary>Names of all cases of an operation that are here.</summary>
    public static IEnumerable<string> Names(string operation) =>
        Held.Value.Values.Concat(Shared.Value.Values).Where(c => c.Operation == operation).Select(c => c.Name).Distinct().Order(StringComparer.Ordinal);

    /// <summary>One of the case's arrays.</summary>
    public Npy this[string array] => Npy.Read(Path.Combine(folder, files[array]));

    /// <summary>True when the case has that array here (the copy in the repository leaves some out).</summary>
    public bool Has(string array) => files.ContainsKey(array);

    /// <summary>A number among the attributes.</summary>
    public double Number(string attribute) => Attributes.GetProperty(attribute).GetDouble();

    /// <summary>A whole number among the attributes.</summary>
    public int Integer(string attribute) => Attributes.GetProperty(attribute).GetInt32();

    /// <inheritdoc/>
    public override string ToString() => Name;

    private static Dictionary<string, GoldenCase> Index(string folder)
    {
        var path = Path.Combine(folder, "index.json");
        if (!File.Exists(path)) return [];
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        return document.RootElement.GetProperty("cases").Clone().EnumerateArray()
            .Select(entry => new GoldenCase(folder, entry)).ToDictionary(c => c.Name);
    }
}
