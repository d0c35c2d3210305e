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

    /// <summary>What repeats it in small; "none yet" where that was not made.</summary>
    public string Proxy { get; init; } = "";

    /// <summary>Reads recipes/claims/claims.yaml.</summary>
    public static IReadOnlyList<Claim> Read(string path) =>
        new DeserializerBuilder().WithNamingConvention(UnderscoredNamingConvention.Instance).Build().Deserialize<Dictionary<string, List<Claim>>>(File.ReadAllText(path))["claims"];
}
