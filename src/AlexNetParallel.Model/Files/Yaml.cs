using System.Globalization;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Files;

/// <summary>Small pieces of YAML trees for writers. Numbers are written so that reading gives the same bits.</summary>
internal static class Yaml
{
    /// <summary>A single value.</summary>
    public static YamlScalarNode Value(object value) => new(value switch
    {
        bool flag => flag ? "true" : "false",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    });

    /// <summary>A mapping on one line.</summary>
    public static YamlMappingNode Line(params (string Key, object Value)[] pairs)
    {
        var line = new YamlMappingNode { Style = MappingStyle.Flow };
        foreach (var (key, value) in pairs) line.Add(key, Value(value));
        return line;
    }

    /// <summary>A list on one line.</summary>
    public static YamlSequenceNode List<T>(IEnumerable<T> values) where T : notnull => new(values.Select(v => Value(v))) { Style = SequenceStyle.Flow };
}
