using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Files;

/// <summary>One value of a file: knows where it stands, and gives itself as what the reader wants or fails with a clear message.</summary>
/// <param name="file">The file as the user named it.</param>
/// <param name="owner">The mapping that it belongs to; null for the top of a text.</param>
/// <param name="key">Its key there; for the top of a text what it describes.</param>
/// <param name="node">The value.</param>
internal sealed class Entry(string file, Section? owner, string key, YamlNode node)
{
    /// <summary>The file as the user named it.</summary>
    public string File => file;

    /// <summary>Line in the file, from 1.</summary>
    public int Line => (int)node.Start.Line;

    /// <summary>True for a mapping.</summary>
    public bool IsSection => node is YamlMappingNode;

    /// <summary>True for a list.</summary>
    public bool IsList => node is YamlSequenceNode;

    /// <summary>True for a single word, number or text.</summary>
    public bool IsScalar => node is YamlScalarNode;

    /// <summary>True where nothing, "~" or "null" stands.</summary>
    public bool IsNull => node is YamlScalarNode { Style: ScalarStyle.Plain or ScalarStyle.Any, Value: null or "" or "~" or "null" };

    /// <summary>The failure that this value is, with what would have been right.</summary>
    public RecipeException Wrong(string expected, string hint = "") => new(file, Line, $"{Shown}{In}{hint}", expected);

    /// <summary>A text that is not empty.</summary>
    public string AsText(string expected = "a text") =>
        node is YamlScalarNode { Value.Length: > 0 } scalar && !IsNull ? scalar.Value! : throw Wrong(expected);

    /// <summary>A whole number in [least, most].</summary>
    public long AsWhole(long least, long most)
    {
        if (node is YamlScalarNode scalar && long.TryParse(scalar.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            && value >= least && value <= most)
        {
            return value;
        }
        throw Wrong(most is int.MaxValue or long.MaxValue ? $"a whole number of at least {least}" : $"a whole number from {least} to {most}");
    }

    /// <summary>A number in [least, most].</summary>
    public double AsNumber(double least, double most)
    {
        if (node is YamlScalarNode scalar && TryNumber(scalar.Value, out var value) && value >= least && value <= most) return value;
        throw Wrong(double.IsPositiveInfinity(most)
            ? $"a number of at least {least.ToString(CultureInfo.InvariantCulture)}"
            : $"a number from {least.ToString(CultureInfo.InvariantCulture)} to {most.ToString(CultureInfo.InvariantCulture)}");
    }

    /// <summary>A number above 0.</summary>
    public double AsPositive()
    {
        if (node is YamlScalarNode scalar && TryNumber(scalar.Value, out var value) && value > 0) return value;
        throw Wrong("a number above 0");
    }

    /// <summary>"true" or "false".</summary>
    public bool AsFlag() => (node as YamlScalarNode)?.Value switch
    {
        "true" => true,
        "false" => false,
        _ => throw Wrong("true or false"),
    };

    /// <summary>One of the words of an enumeration.</summary>
    public T AsWord<T>(params T[] allowed) where T : struct, Enum
    {
        if (allowed.Length == 0) allowed = Enum.GetValues<T>();
        if (node is YamlScalarNode scalar)
        {
            foreach (var value in allowed)
            {
                if (Words.Of(value) == scalar.Value) return value;
            }
        }
        var words = allowed.Select(Words.Of).ToArray();
        throw Wrong(Words.Choice(words), node is YamlScalarNode { Value: { } near } ? Words.DidYouMean(near, words) : "");
    }

    /// <summary>The items of a list.</summary>
    public IReadOnlyList<Entry> AsList(string expected = "a list") =>
        node is YamlSequenceNode sequence ? [.. sequence.Children.Select(child => new Entry(file, owner, key, child))] : throw Wrong(expected);

    /// <summary>A mapping.</summary>
    /// <param name="name">What it describes, for messages; by default its key.</param>
    /// <param name="expected">What to say where it is something else.</param>
    public Section AsSection(string? name = null, string expected = "keys with values")
    {
        if (node is not YamlMappingNode mapping) throw Wrong(expected);
        return new Section(file, name ?? key, mapping);
    }

    private string In => owner is null ? "" : $" in {owner.Subject}";

    private string Shown
    {
        get
        {
            var value = node switch
            {
                YamlMappingNode => "keys with values",
                YamlSequenceNode => "a list",
                YamlScalarNode scalar when !IsNull => owner is null ? $"'{Short(scalar.Value!)}'" : $"'{key}: {Short(scalar.Value!)}'",
                _ => "nothing",
            };
            return owner is null || value[0] == '\'' ? value : $"'{key}' with {value}";
        }
    }

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= 60 ? line : line[..57] + "...";
    }

    private static bool TryNumber(string? text, out double value) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && double.IsFinite(value);
}
