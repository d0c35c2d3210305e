using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Files;

/// <summary>
/// A mapping of a file. Every key that a reader asks for becomes known; <see cref="RejectUnknown"/> then refuses the others, with a guess at what was meant.
/// </summary>
internal sealed class Section
{
    private readonly Dictionary<string, Entry> entries = [];
    private readonly Dictionary<string, int> keyLines = [];
    private readonly List<string> known = [];

    /// <param name="file">The file as the user named it.</param>
    /// <param name="subject">What the mapping describes, for messages.</param>
    /// <param name="mapping">Keys and values.</param>
    public Section(string file, string subject, YamlMappingNode mapping)
    {
        File = file;
        Subject = subject;
        Line = (int)mapping.Start.Line;
        foreach (var (key, value) in mapping.Children)
        {
            if (key is not YamlScalarNode { Value: { Length: > 0 } name })
            {
                throw new RecipeException(file, (int)key.Start.Line, $"a key of {subject} that is not a word", "a word followed by a colon");
            }
            entries.Add(name, new Entry(file, this, name, value));
            keyLines.Add(name, (int)key.Start.Line);
        }
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>What the mapping describes.</summary>
    public string Subject { get; set; }

    /// <summary>Line where it begins.</summary>
    public int Line { get; }

    /// <summary>The keys, in the file's order.</summary>
    public IEnumerable<string> Keys => entries.Keys;

    /// <summary>Line on which a key stands.</summary>
    public int LineOf(string key) => keyLines.GetValueOrDefault(key, Line);

    /// <summary>The value of a key, or null where it is absent or null.</summary>
    public Entry? Find(string key)
    {
        if (!known.Contains(key)) known.Add(key);
        return entries.TryGetValue(key, out var entry) && !entry.IsNull ? entry : null;
    }

    /// <summary>The value of a key that must be there.</summary>
    /// <param name="key">The key.</param>
    /// <param name="expected">What its value is, for the message.</param>
    /// <exception cref="RecipeException">It is not.</exception>
    public Entry Required(string key, string expected) => Find(key) ?? throw Missing(key, expected);

    /// <summary>The failure that the absence of a key is; a key that looks like it, and that nobody knows, is named instead.</summary>
    public RecipeException Missing(string key, string expected)
    {
        foreach (var other in entries.Keys.Except(known))
        {
            if (Words.DidYouMean(other, [key]) is { Length: > 0 } hint) return new RecipeException(File, LineOf(other), $"the unknown key '{other}' in {Subject}{hint}", $"'{key}: {expected}'");
        }
        return new RecipeException(File, LineOf(key), $"no '{key}' in {Subject}", $"'{key}: {expected}'");
    }

    /// <summary>A whole number that may be absent.</summary>
    public int Whole(string key, int otherwise, int least, int most = int.MaxValue) => (int?)Find(key)?.AsWhole(least, most) ?? otherwise;

    /// <summary>A number that may be absent.</summary>
    public double Number(string key, double otherwise, double least, double most = double.PositiveInfinity) => Find(key)?.AsNumber(least, most) ?? otherwise;

    /// <summary>True or false, may be absent.</summary>
    public bool Flag(string key, bool otherwise) => Find(key)?.AsFlag() ?? otherwise;

    /// <summary>A word of an enumeration that may be absent.</summary>
    public T Word<T>(string key, T otherwise) where T : struct, Enum => Find(key)?.AsWord<T>() ?? otherwise;

    /// <summary>The failure that the section as a whole, or the value of one of its keys, is.</summary>
    public RecipeException Wrong(string? key, string found, string expected = "") => new(File, key is null ? Line : LineOf(key), $"{found} in {Subject}", expected);

    /// <summary>Refuses keys that nobody asked for.</summary>
    /// <exception cref="RecipeException">There is one.</exception>
    public void RejectUnknown()
    {
        foreach (var key in entries.Keys)
        {
            if (known.Contains(key)) continue;
            throw new RecipeException(File, LineOf(key), $"the unknown key '{key}' in {Subject}{Words.DidYouMean(key, known)}", $"one of {string.Join(", ", known)}");
        }
    }
}
