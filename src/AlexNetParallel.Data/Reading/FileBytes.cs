using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Reading;

/// <summary>Where the compressed bytes of one picture lie: in a file of its own, in a tar that stays open, or in memory.</summary>
internal abstract class FileBytes
{
    /// <summary>Files above this size are not read: the largest picture of ILSVRC-2012 has 15 MB.</summary>
    public const long MaximumLength = 256L << 20;

    /// <summary>Number of bytes.</summary>
    public abstract long Length { get; }

    /// <summary>The bytes. They may lie in <paramref name="buffer"/>, which grows as needed and is to be given again.</summary>
    /// <exception cref="IOException">They cannot be read.</exception>
    public abstract ReadOnlySpan<byte> Read(ref byte[] buffer);

    /// <summary>A span of <paramref name="length"/> bytes at the buffer's start.</summary>
    protected static Span<byte> Room(ref byte[] buffer, long length)
    {
        if (buffer.Length < length) buffer = new byte[length + length / 4];
        return buffer.AsSpan(0, (int)length);
    }

    /// <summary>Reads exactly the span from a place in an open file.</summary>
    protected static void ReadExactly(SafeFileHandle handle, Span<byte> destination, long offset)
    {
        while (destination.Length > 0)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0) throw new EndOfStreamException("the file has become shorter since it was listed");
            destination = destination[read..];
            offset += read;
        }
    }
}

/// <summary>A file on disk.</summary>
internal sealed class DiskBytes(string path, long length) : FileBytes
{
    public override long Length => length;

    public override ReadOnlySpan<byte> Read(ref byte[] buffer)
    {
        using var handle = File.OpenHandle(path);
        var room = Room(ref buffer, length);
        ReadExactly(handle, room, 0);
        return room;
    }
}

/// <summary>A piece of a tar file.</summary>
internal sealed class ArchiveBytes(SafeFileHandle archive, long offset, long length) : FileBytes
{
    public override long Length => length;

    public override ReadOnlySpan<byte> Read(ref byte[] buffer)
    {
        var room = Room(ref buffer, length);
        ReadExactly(archive, room, offset);
        return room;
    }
}

/// <summary>Bytes held in memory: what came out of a compressed tar.</summary>
internal sealed class MemoryBytes(byte[] bytes) : FileBytes
{
    public override long Length => bytes.Length;

    public override ReadOnlySpan<byte> Read(ref byte[] buffer) => bytes;
}
