namespace AlexNetParallel.Data.Reading;

/// <summary>A picture whose class is known.</summary>
/// <param name="Class">Name of the class folder.</param>
/// <param name="Name">Path from the class folder on, e.g. "cat/1.jpg".</param>
/// <param name="Bytes">Its content.</param>
internal sealed record ClassedFile(string Class, string Name, FileBytes Bytes)
{
    /// <summary>
    /// The class of each file: the topmost folder, once folders that all of them share are left out (a tar often has one). Pictures that lie beside the class folders are passed over.
    /// </summary>
    public static List<ClassedFile> From(IReadOnlyList<FoundFile> files, List<(string File, string Reason)> passedOver)
    {
        var inFolders = files.Where(f => f.Parts.Length >= 2).ToList();
        if (inFolders.Count == 0) return [];
        passedOver.AddRange(files.Where(f => f.Parts.Length < 2).Select(f => (f.Path, "lies in no class folder")));
        var shared = SharedFolders(inFolders);
        return [.. inFolders.Select(f => new ClassedFile(f.Parts[shared], string.Join('/', f.Parts[shared..]), f.Bytes))];
    }

    /// <summary>Leading folders that all files share, one folder at least being left for each.</summary>
    public static int SharedFolders(IReadOnlyList<FoundFile> files)
    {
        var shared = 0;
        while (files.All(f => f.Parts.Length > shared + 2 && f.Parts[shared] == files[0].Parts[shared])) shared++;
        return shared;
    }
}

/// <summary>FNV-1a, 64 bits: a hash of a name that is the same everywhere and for ever.</summary>
internal static class NameHash
{
    /// <summary>The hash of the name's UTF-8 bytes.</summary>
    public static ulong Of(string name)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var b in System.Text.Encoding.UTF8.GetBytes(name)) hash = (hash ^ b) * 0x100000001B3;
        return hash ^ (hash >> 32);
    }
}
