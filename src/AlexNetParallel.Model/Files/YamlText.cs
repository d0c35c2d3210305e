using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Files;

/// <summary>From YAML text to a tree whose nodes know their lines, and back.</summary>
internal static class YamlText
{
    /// <summary>More characters than any recipe needs; anything longer is not one.</summary>
    public const int LongestText = 1 << 20;

    private const int DeepestNesting = 32;

    /// <summary>The mapping at the top of a text.</summary>
    /// <param name="file">What to call the text in messages.</param>
    /// <param name="text">One YAML document.</param>
    /// <param name="subject">What the mapping describes, for messages: "network", "partition", "recipe".</param>
    /// <exception cref="RecipeException">Not YAML, or not one mapping.</exception>
    public static Section Parse(string file, string text, string subject)
    {
        if (text.Length > LongestText) throw new RecipeException(file, 0, $"{text.Length} characters", $"a {subject} of at most {LongestText}");
        try
        {
            CheckNesting(file, text);
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count == 0) throw new RecipeException(file, 1, "nothing", $"a {subject}");
            if (stream.Documents.Count > 1)
            {
                throw new RecipeException(file, (int)stream.Documents[1].RootNode.Start.Line, "a second document", $"one {subject} a file");
            }
            return new Entry(file, null, subject, stream.Documents[0].RootNode).AsSection();
        }
        catch (YamlException exception)
        {
            throw new RecipeException(file, (int)exception.Start.Line, $"text that is not YAML ({OneLine(exception)})");
        }
    }

    /// <summary>Reads a file of at most <see cref="LongestText"/> characters.</summary>
    /// <exception cref="RecipeException">It cannot be read, or is too long.</exception>
    public static string ReadFile(string path)
    {
        try
        {
            var length = new FileInfo(path).Length;
            if (length > LongestText) throw new RecipeException(path, 0, $"{length} bytes", $"a text of at most {LongestText}");
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException(path, 0, $"a file that cannot be read ({exception.Message})");
        }
    }

    /// <summary>A tree as text.</summary>
    public static string Write(YamlMappingNode root)
    {
        using var writer = new StringWriter { NewLine = "\n" };
        var emitter = new Emitter(writer, EmitterSettings.Default.WithBestWidth(int.MaxValue).WithNewLine("\n"));
        new YamlStream(new YamlDocument(root)).Save(emitter, assignAnchors: false);
        // The emitter closes the document with "...", which says nothing here.
        var text = writer.ToString();
        return text.EndsWith("...\n", StringComparison.Ordinal) ? text[..^4] : text;
    }

    /// <summary>The tree is built by recursion, so that a text of a million brackets would end the process: the parser's events tell the depth first.</summary>
    private static void CheckNesting(string file, string text)
    {
        var parser = new Parser(new StringReader(text));
        var depth = 0;
        while (Next(file, parser))
        {
            depth += parser.Current!.NestingIncrease;
            if (depth > DeepestNesting) throw new RecipeException(file, (int)parser.Current.Start.Line, $"more than {DeepestNesting} levels of nesting");
            if (parser.Current is AnchorAlias alias)
            {
                throw new RecipeException(file, (int)alias.Start.Line, $"the alias '*{alias.Value}'", "every value written out: aliases are not supported");
            }
        }
    }

    /// <summary>YamlDotNet 16.3 answers a list or mapping that is opened with a bracket and not closed before the next key with an InvalidOperationException.</summary>
    private static bool Next(string file, Parser parser)
    {
        try
        {
            return parser.MoveNext();
        }
        catch (InvalidOperationException)
        {
            throw new RecipeException(file, (int)(parser.Current?.End.Line ?? 1), "text that is not YAML (a bracket that is not closed)");
        }
    }

    private static string OneLine(Exception exception)
    {
        var inner = exception.InnerException is YamlException deeper ? deeper : exception;
        return string.Join(' ', inner.Message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
