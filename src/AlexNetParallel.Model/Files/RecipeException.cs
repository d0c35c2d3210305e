namespace AlexNetParallel.Model.Files;

/// <summary>
/// A network, partition or recipe file that cannot be used. The message is one line: file, line, what was found, what was expected.
/// </summary>
public sealed class RecipeException : Exception
{
    /// <summary>Names the place and both sides of the mismatch.</summary>
    /// <param name="file">The file as the user named it, or what else held the text.</param>
    /// <param name="line">Line in it, from 1; 0 where no line is to blame.</param>
    /// <param name="found">What stands there.</param>
    /// <param name="expected">What may stand there; empty where <paramref name="found"/> says it all.</param>
    public RecipeException(string file, int line, string found, string expected = "")
        : base($"{file}{(line > 0 ? $":{line}" : "")}: found {found}{(expected.Length > 0 ? $"; expected {expected}" : "")}")
    {
        File = file;
        Line = line;
        Found = found;
        Expected = expected;
    }

    /// <summary>The file as the user named it.</summary>
    public string File { get; }

    /// <summary>Line in it, from 1; 0 where no line is to blame.</summary>
    public int Line { get; }

    /// <summary>What stands there.</summary>
    public string Found { get; }

    /// <summary>What may stand there.</summary>
    public string Expected { get; }
}
