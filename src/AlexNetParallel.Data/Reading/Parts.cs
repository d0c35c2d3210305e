using System.Text.RegularExpressions;

namespace AlexNetParallel.Data.Reading;

/// <summary>
/// The train and test parts of a data set, known by their names. A tar is a part if "train", "test" or "val" occurs in its name, a folder if one of its name's words
/// begins so ("train", "test-images", "ILSVRC2012_img_val"): a class folder named "valley" is none.
/// </summary>
/// <param name="Train">Path of the training part.</param>
/// <param name="Test">Paths that may be the test part, "test" before "val".</param>
internal sealed partial record Parts(string Train, IReadOnlyList<string> Test)
{
    private static readonly string[] Kinds = ["train", "test", "val"];

    /// <summary>A part inside a tree: its folder's name, and its files with that folder left out.</summary>
    public sealed record Part(string Name, List<FoundFile> Files);

    /// <summary>The parts among a folder's entries; null when there are not both.</summary>
    /// <exception cref="DataSetException">Two entries could be the training part.</exception>
    public static Parts? InFolder(string folder)
    {
        var entries = Directory.EnumerateFileSystemEntries(folder).Where(e => !FileTree.IsHidden(Path.GetFileName(e))).Order(StringComparer.Ordinal)
            .Select(e => (Path: e, Kind: Directory.Exists(e) ? OfFolder(Path.GetFileName(e)) : OfTar(Path.GetFileName(e)))).ToList();
        var train = entries.Where(e => e.Kind == "train").Select(e => e.Path).ToList();
        var test = entries.Where(e => e.Kind is "test" or "val").OrderBy(e => e.Kind, StringComparer.Ordinal).Select(e => e.Path).ToList();
        if (train.Count == 0 || test.Count == 0) return null;
        if (train.Count > 1) throw new DataSetException($"{folder} holds more than one training part ({string.Join(", ", train.Select(Path.GetFileName))}); keep one there");
        return new Parts(train[0], test);
    }

    /// <summary>The parts among the top folders of a tree; null when there are not both.</summary>
    public static (Part Train, Part Test)? InPaths(IReadOnlyList<FoundFile> files)
    {
        var deep = files.Where(f => f.Parts.Length >= 3).ToList();
        if (deep.Count == 0) return null;
        var shared = ClassedFile.SharedFolders(deep);
        var folders = deep.Where(f => f.Parts.Length >= shared + 3).GroupBy(f => f.Parts[shared]).OrderBy(g => g.Key, StringComparer.Ordinal).ToList();
        return First("train") is { } train && (First("test") ?? First("val")) is { } test ? (train, test) : null;

        Part? First(string kind) => folders.Where(g => OfFolder(g.Key) == kind)
            .Select(g => new Part(g.Key, [.. g.Select(f => new FoundFile(string.Join('/', f.Parts[(shared + 1)..]), f.Bytes))])).FirstOrDefault();
    }

    private static string? OfTar(string name) =>
        TarReading.IsTarName(name) ? Kinds.FirstOrDefault(kind => TarReading.Stem(name).Contains(kind, StringComparison.OrdinalIgnoreCase)) : null;

    private static string? OfFolder(string name)
    {
        var words = NotLetters().Split(name.ToLowerInvariant());
        return Kinds.FirstOrDefault(kind => words.Any(w => kind == "val" ? w is "val" or "valid" or "validation" : w.StartsWith(kind, StringComparison.Ordinal)));
    }

    [GeneratedRegex("[^a-z]+")]
    private static partial Regex NotLetters();
}
