using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Reading;

/// <summary>One picture of a data set.</summary>
/// <param name="Name">"class/file", for messages and for hashing.</param>
/// <param name="Label">Number of its class.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record ImageFile(string Name, int Label, FileBytes Bytes);

/// <summary>
/// The pictures of a data set by split, as <c>--data PATH</c> names it: a folder or a tar of class folders, or a folder (or tar) that holds a
/// train and a test (or val) part, each a folder or a tar. Labels number the classes of the training part in ordinal order of their
/// names; images are in the order of class, then name, whatever order the disk or the tar has.
/// </summary>
internal sealed class ImageFiles : IDisposable
{
    /// <summary>Compressed tars hold at most this many bytes of pictures, unless the options say otherwise.</summary>
    public const long DefaultMemoryLimit = 1L << 30;

    /// <summary>Where no part is for testing, one picture in this many is held back.</summary>
    public const int HeldBackOneIn = 10;

    private readonly FileTree tree;

    private ImageFiles(FileTree tree, string description, IReadOnlyList<string> classes, ImageFile[] train, ImageFile[] test)
    {
        this.tree = tree;
        (Description, Classes, Train, Test) = (description, classes, train, test);
    }

    /// <summary>Where the set lies and how it was split.</summary>
    public string Description { get; }

    /// <summary>Names by label.</summary>
    public IReadOnlyList<string> Classes { get; }

    /// <summary>Training images.</summary>
    public ImageFile[] Train { get; }

    /// <summary>Test images.</summary>
    public ImageFile[] Test { get; }

    /// <summary>Files that look like pictures and are not read.</summary>
    public IReadOnlyList<(string File, string Reason)> PassedOver => tree.PassedOver;

    /// <summary>Images of a split.</summary>
    public ImageFile[] this[Split split] => split == Split.Train ? Train : Test;

    /// <summary>Finds the pictures.</summary>
    /// <exception cref="DataSetException">There is nothing at the path, or it has no form that is known.</exception>
    public static ImageFiles Open(string path, long memoryLimit = DefaultMemoryLimit)
    {
        var tree = new FileTree();
        try
        {
            if (Directory.Exists(path))
            {
                return Parts.InFolder(path) is { } parts ? FromParts(path, parts, tree, memoryLimit) : FromOne(path, tree, () => FolderReader.Read(path, tree, memoryLimit));
            }
            if (!File.Exists(path)) throw new DataSetException($"there is no file or folder {path}; --data takes a folder or a tar of class folders");
            if (!TarReading.IsTarName(path)) throw new DataSetException($"{path} is neither a folder nor a .tar, .tar.gz or .tgz");
            return FromOne(path, tree, () => TarReading.Read(path, "", tree, memoryLimit));
        }
        catch
        {
            tree.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => tree.Dispose();

    private static ImageFiles FromParts(string path, Parts parts, FileTree tree, long memoryLimit)
    {
        var train = Part(parts.Train);
        foreach (var candidate in parts.Test)
        {
            // ILSVRC's test part has no labels: the next candidate, its val part, then counts.
            var test = Part(candidate);
            if (test.Count > 0) return Labelled($"{path} ({Path.GetFileName(parts.Train)}, {Path.GetFileName(candidate)})", tree, train, test);
        }
        throw new DataSetException($"{string.Join(" and ", parts.Test)} hold no class folders with JPEG or PNG files (CLASS/NAME.jpg)");

        List<ClassedFile> Part(string place)
        {
            var before = tree.Files.Count;
            if (Directory.Exists(place)) FolderReader.Read(place, tree, memoryLimit);
            else TarReading.Read(place, "", tree, memoryLimit);
            return ClassedFile.From(tree.Files.GetRange(before, tree.Files.Count - before), tree.PassedOver);
        }
    }

    private static ImageFiles FromOne(string path, FileTree tree, Action read)
    {
        read();
        if (tree.Files.Count == 0) throw new DataSetException($"{path} holds no JPEG or PNG file; expected class folders, CLASS/NAME.jpg");
        if (Parts.InPaths(tree.Files) is var (train, test))
            return Labelled($"{path} ({train.Name}, {test.Name})", tree, ClassedFile.From(train.Files, tree.PassedOver), ClassedFile.From(test.Files, tree.PassedOver));

        var all = ClassedFile.From(tree.Files, tree.PassedOver);
        if (all.Count == 0) throw new DataSetException($"{path} holds {tree.Files.Count} pictures but no class folders; expected CLASS/NAME.jpg");
        var hashed = all.Select(f => (File: f, Hash: NameHash.Of(f.Name))).ToList();
        var heldBack = hashed.Where(f => f.Hash % HeldBackOneIn == 0).Select(f => f.File).ToHashSet();
        if (heldBack.Count == 0 || heldBack.Count == all.Count) heldBack = [hashed.MinBy(f => f.Hash).File];
        return Labelled($"{path} (one picture in {HeldBackOneIn}, by a hash of its name, is held back for testing)", tree,
            [.. all.Where(f => !heldBack.Contains(f))], [.. heldBack], all);
    }

    private static ImageFiles Labelled(string description, FileTree tree, List<ClassedFile> train, List<ClassedFile> test, List<ClassedFile>? classesOf = null)
    {
        var classes = (classesOf ?? train).Select(f => f.Class).Distinct().Order(StringComparer.Ordinal).ToArray();
        if (classes.Length < 2)
            throw new DataSetException($"{description} has {(classes.Length == 0 ? "no class folders with pictures" : $"one class only ({classes[0]})")}; expected a folder for each class, CLASS/NAME.jpg");
        if (train.Count == 0) throw new DataSetException($"{description} has no training picture");
        var labels = classes.Select((name, label) => (name, label)).ToDictionary(c => c.name, c => c.label, StringComparer.Ordinal);
        if (test.FirstOrDefault(f => !labels.ContainsKey(f.Class)) is { } stranger)
            throw new DataSetException($"{description}: the test part has a class '{stranger.Class}' that the training part lacks");
        return new ImageFiles(tree, description, classes, Files(train), Files(test));

        ImageFile[] Files(List<ClassedFile> files) =>
            [.. files.OrderBy(f => f.Class, StringComparer.Ordinal).ThenBy(f => f.Name, StringComparer.Ordinal).Select(f => new ImageFile(f.Name, labels[f.Class], f.Bytes))];
    }
}
