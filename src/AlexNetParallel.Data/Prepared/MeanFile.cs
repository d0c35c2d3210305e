using System.Runtime.InteropServices;
using System.Text;

namespace AlexNetParallel.Data.Prepared;

/// <summary>The mean image as a .npy file (NumPy's format, version 1.0): float32, C order, [3, size, size].</summary>
internal static class MeanFile
{
    private const int Head = 128;

    /// <summary>Writes it.</summary>
    public static void Write(string path, float[] mean, int size) => Whole.Write(path, [.. Header(size), .. MemoryMarshal.AsBytes<float>(mean)]);

    /// <summary>Reads it.</summary>
    /// <exception cref="DataSetException">It is missing, or of another size.</exception>
    public static float[] Read(string path, int size)
    {
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length != Head + 3L * size * size * sizeof(float) || !bytes.AsSpan(0, Head).SequenceEqual(Header(size)))
                throw new DataSetException($"{path} is no mean image of [3, {size}, {size}] float32; make it anew with 'alexnet data prepare'");
            return MemoryMarshal.Cast<byte, float>(bytes.AsSpan(Head)).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{path} cannot be read: {e.Message}", e);
        }
    }

    private static byte[] Header(int size)
    {
        var head = new byte[Head];
        head.AsSpan().Fill((byte)' ');
        ((ReadOnlySpan<byte>)[0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, Head - 10, 0]).CopyTo(head);
        Encoding.ASCII.GetBytes($"{{'descr': '<f4', 'fortran_order': False, 'shape': (3, {size}, {size}), }}").CopyTo(head, 10);
        head[^1] = (byte)'\n';
        return head;
    }
}
