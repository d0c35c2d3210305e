using System.Formats.Tar;
using System.IO.Compression;

namespace AlexNetParallel.Data.Reading;

/// <summary>
/// Lists the pictures in a tar. Of a plain tar only an index is kept (offset and length of each file), whatever its size; the files of a
/// compressed one are kept in memory, up to a limit. A tar in the tar stands for a folder of its name: ILSVRC2012_img_train.tar is read as it comes.
/// </summary>
internal static class TarReading
{
    private static readonly string[] Extensions = [".tar", ".tar.gz", ".tgz"];

    /// <summary>True when a file's name says that it is a tar.</summary>
    public static bool IsTarName(string name) => Extensions.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase));

    /// <summary>The name without the extension of a tar.</summary>
    public static string Stem(string name) =>
        Extensions.FirstOrDefault(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) is { } extension ? name[..^extension.Length] : name;

    /// <summary>Adds the tar's pictures to the tree, each path behind <paramref name="prefix"/>.</summary>
    /// <exception cref="DataSetException">It is no whole tar, or a compressed one that holds more than <paramref name="memoryLimit"/> bytes of pictures.</exception>
    public static void Read(string path, string prefix, FileTree tree, long memoryLimit)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
            Span<byte> magic = stackalloc byte[2];
            var compressed = file.ReadAtLeast(magic, 2, throwOnEndOfStream: false) == 2 && magic[0] == 0x1F && magic[1] == 0x8B;
            file.Position = 0;
            if (compressed)
            {
                using var unpacked = new BufferedStream(new GZipStream(file, CompressionMode.Decompress), 1 << 16);
                Walk(unpacked, 0, prefix, tree, (entry, _) => Copy(entry, path, tree, memoryLimit));
            }
            else
            {
                var handle = tree.Keep(File.OpenHandle(path));
                Walk(file, 0, prefix, tree, (entry, offset) => new ArchiveBytes(handle, offset, entry.Length));
            }
        }
        catch (Exception e) when (e is IOException or InvalidDataException or FormatException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{path} is not a tar that can be read to its end: {e.Message.TrimEnd('.')}", e);
        }
    }

    // start: where the stream begins in the file on disk; content is given each entry's place there, which has no meaning in a compressed tar.
    private static void Walk(Stream stream, long start, string prefix, FileTree tree, Func<TarEntry, long, FileBytes> content)
    {
        using var reader = new TarReader(stream, leaveOpen: true);
        while (reader.GetNextEntry() is { } entry)
        {
            if (!IsFile(entry, out var path)) continue;
            var offset = start + entry.DataOffset;
            if (IsTarName(path) && entry.DataStream is { } inner) Walk(inner, offset, prefix + Stem(path) + "/", tree, content);
            else tree.Add(prefix + path, entry.Length, () => content(entry, offset));
        }
    }

    private static bool IsFile(TarEntry entry, out string path)
    {
        var parts = entry.Name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(p => p != ".").ToArray();
        path = string.Join('/', parts);
        return entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile
            && parts.Length > 0 && !parts.Any(FileTree.IsHidden);
    }

    private static MemoryBytes Copy(TarEntry entry, string path, FileTree tree, long memoryLimit)
    {
        tree.BytesInMemory += entry.Length;
        if (tree.BytesInMemory > memoryLimit)
            throw new DataSetException($"{path} is compressed and holds more than {memoryLimit >> 20} MiB of pictures, which is what is kept in memory; unpack it ('gunzip {path}' leaves a tar that is read in place)");
        var bytes = new byte[entry.Length];
        entry.DataStream?.ReadExactly(bytes);
        return new MemoryBytes(bytes);
    }
}
