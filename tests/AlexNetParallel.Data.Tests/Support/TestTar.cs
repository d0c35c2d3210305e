using System.Formats.Tar;
using System.IO.Compression;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>Makes tars.</summary>
internal static class TestTar
{
    /// <summary>A ustar of these files.</summary>
    public static byte[] Of(params (string Path, byte[] Content)[] files)
    {
        var memory = new MemoryStream();
        using (var writer = new TarWriter(memory, TarEntryFormat.Ustar, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content) });
            }
        }
        return memory.ToArray();
    }

    public static byte[] Compress(byte[] content)
    {
        var memory = new MemoryStream();
        using (var zip = new GZipStream(memory, CompressionMode.Compress, leaveOpen: true)) zip.Write(content);
        return memory.ToArray();
    }
}
