namespace AlexNetParallel.Data.Reading;

/// <summary>Lists the pictures below a folder. A tar at the top level stands for a folder of its name, as ILSVRC's class tars do.</summary>
internal static class FolderReader
{
    /// <summary>Folders nested deeper are not looked into: a link that leads back up would never end.</summary>
    private const int DeepestLevel = 8;

    /// <summary>Adds everything below <paramref name="folder"/> to the tree.</summary>
    /// <exception cref="DataSetException">The folder or a tar in it cannot be read.</exception>
    public static void Read(string folder, FileTree tree, long memoryLimit) => Read(folder, "", 0, tree, memoryLimit);

    private static void Read(string folder, string prefix, int level, FileTree tree, long memoryLimit)
    {
        FileSystemInfo[] entries;
        try
        {
            entries = new DirectoryInfo(folder).GetFileSystemInfos();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{folder} cannot be listed: {e.Message}", e);
        }
        foreach (var entry in entries)
        {
            if (FileTree.IsHidden(entry.Name)) continue;
            var path = prefix + entry.Name;
            if (entry is DirectoryInfo)
            {
                if (level < DeepestLevel) Read(entry.FullName, path + "/", level + 1, tree, memoryLimit);
            }
            else if (level == 0 && TarReading.IsTarName(entry.Name))
            {
                TarReading.Read(entry.FullName, TarReading.Stem(path) + "/", tree, memoryLimit);
            }
            else
            {
                tree.Add(path, Length((FileInfo)entry), () => new DiskBytes(entry.FullName, Length((FileInfo)entry)));
            }
        }
    }

    /// <summary>Bytes of the file, of the one that it links to if it is a link; 0 for a broken link, a pipe or a device.</summary>
    private static long Length(FileInfo file)
    {
        var target = file.LinkTarget is null ? file : file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo;
        return target is { Exists: true } ? target.Length : 0;
    }
}
