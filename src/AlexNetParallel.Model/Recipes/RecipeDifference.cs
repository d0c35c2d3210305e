using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Recipes;

/// <summary>A value that two recipes do not share.</summary>
/// <param name="Key">Its keys in the written recipe, joined by dots: "schedule.momentum". Items of a list are numbered from 0.</param>
/// <param name="First">The first recipe's value; null where it has none.</param>
/// <param name="Second">The second recipe's value; null where it has none.</param>
public sealed record RecipeDifference(string Key, string? First, string? Second)
{
    /// <summary>All differences, in the order of the written recipes: none where they are equal.</summary>
    public static IReadOnlyList<RecipeDifference> Between(Recipe first, Recipe second)
    {
        var (a, b) = (Flatten(first), Flatten(second));
        return [.. a.Keys.Union(b.Keys).Select(key => new RecipeDifference(key, a.GetValueOrDefault(key), b.GetValueOrDefault(key))).Where(d => d.First != d.Second)];
    }

    /// <summary>"batch: 128, then 64".</summary>
    public override string ToString() => $"{Key}: {First ?? "nothing"}, then {Second ?? "nothing"}";

    private static Dictionary<string, string> Flatten(Recipe recipe)
    {
        var values = new Dictionary<string, string>();
        Add(RecipeWriter.Write(recipe), "");
        return values;

        void Add(YamlNode node, string key)
        {
            var prefix = key.Length > 0 ? key + "." : "";
            switch (node)
            {
                case YamlMappingNode mapping:
                    foreach (var (name, value) in mapping.Children) Add(value, prefix + name);
                    break;
                case YamlSequenceNode sequence:
                    foreach (var (index, value) in sequence.Children.Index()) Add(value, prefix + index);
                    break;
                default:
                    values.Add(key, node.ToString());
                    break;
            }
        }
    }
}
