using YamlDotNet.Serialization;
using YamlDotNet.Serialization.NamingConventions;

namespace AlexNetParallel.Training.Claims;

/// <summary>A claim of the paper and what repeats it.</summary>
public sealed record Claim
{
    /// <summary>A word for it.</summary>
    public string Id { get; init; } = "";

    /// <summary>What is said.</summary>
    [YamlMember(Alias = "claim")]
    public string Text { get; init; } = "";

    /// <summary>Where.</summary>
    public string Paper { get; init; } = "";

    /// <summary>Files of the 2012 program.</summary>
    public string Source { get; init; } = "";

    /// <summary>What they, or the paper, record.</summary>
    public string Recorded { get; init; } = "";

    /// <summary>What repeats it at full size.</summary>
    public string Full { get; init; } = "";

    /// <summary>What repeats it in small.</summary>
    public string Proxy { get; init; } = "";

    /// <summary>
    /// Of the pair of recipes in recipes/claims that repeats it in small, the one that the claim says has the lower test error, and options of 'alexnet eval' behind it; empty where it is repeated otherwise.
    /// </summary>
    public string Better { get; init; } = "";

    /// <summary>The other of the pair.</summary>
    public string Worse { get; init; } = "";

    /// <summary>How many images of each class the pair is trained on; 0 for all.</summary>
    public int ImagesPerClass { get; init; }

    /// <summary>What the proxy has shown here: "confirmed", "not seen at this size", "contradicted", or why there is none. docs/claims.md has the figures and the rule.</summary>
    public string Verdict { get; init; } = "";

    /// <summary>Reads recipes/claims/claims.yaml.</summary>
    public static IReadOnlyList<Claim> Read(string path) =>
        new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Deserialize<Dictionary<string, List<Claim>>>(File.ReadAllText(path))["claims"];
}
