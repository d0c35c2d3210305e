using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Reading;

/// <summary>One picture file found.</summary>
/// <param name="Path">Its path below the root, parts separated by '/'.</param>
/// <param name="Bytes">Its content.</param>
internal sealed record FoundFile(string Path, FileBytes Bytes)
{
    /// <summary>The parts of <see cref="Path"/>: folders, then the file's name.</summary>
    public string[] Parts { get; } = Path.Split('/', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The picture files below a folder or in a tar, as a flat list; what was passed over, with the reason; and the tars that must stay open.</summary>
internal sealed class FileTree : IDisposable
{
    private static readonly HashSet<string> Pictures = new([".jpg", ".jpeg", ".jpe", ".jfif", ".png"], StringComparer.OrdinalIgnoreCase);
    private static readonly HashSet<string> OtherPictures = new([".gif", ".bmp", ".webp", ".tif", ".tiff", ".heic", ".avif", ".ppm"], StringComparer.OrdinalIgnoreCase);
    private readonly List<SafeFileHandle> open = [];

    /// <summary>Pictures to decode, in the order of finding.</summary>
    public List<FoundFile> Files { get; } = [];

    /// <summary>Files that look like pictures and are not read.</summary>
    public List<(string File, string Reason)> PassedOver { get; } = [];

    /// <summary>Bytes held in memory.</summary>
    public long BytesInMemory { get; set; }

    /// <summary>Takes a file into the list if it is a picture by its name and can be read.</summary>
    /// <param name="path">Path below the root.</param>
    /// <param name="length">Bytes.</param>
    /// <param name="content">Makes the content; called only for pictures.</param>
    public void Add(string path, long length, Func<FileBytes> content)
    {
        var extension = Path.GetExtension(path);
        if (Pictures.Contains(extension))
        {
            if (length == 0) PassedOver.Add((path, "is empty"));
            else if (length > FileBytes.MaximumLength) PassedOver.Add((path, $"has {length >> 20} MiB; pictures may have {FileBytes.MaximumLength >> 20} MiB"));
            else Files.Add(new FoundFile(path, content()));
        }
        else if (OtherPictures.Contains(extension))
        {
            PassedOver.Add((path, $"{extension} pictures are not read; JPEG and PNG are"));
        }
    }

    /// <summary>Keeps an open file until the tree is disposed of.</summary>
    public SafeFileHandle Keep(SafeFileHandle handle)
    {
        open.Add(handle);
        return handle;
    }

    /// <summary>True for files and folders that systems put beside the real ones: names that begin with a dot, and __MACOSX.</summary>
    public static bool IsHidden(string name) => name.StartsWith('.') || name == "__MACOSX";

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var handle in open) handle.Dispose();
        open.Clear();
        Files.Clear();
    }
}
