using System.Numerics.Tensors;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Direct;

/// <summary>Floats to half precision and back: rounded to nearest, ties to even; too large becomes infinity (IEEE 754).</summary>
internal static unsafe class HalfFloats
{
    private const int Chunk = 1024;

    /// <summary>What floats are after they have crossed as halves.</summary>
    public static void Round(ReadOnlySpan<float> source, Span<float> destination)
    {
        Span<Half> halves = stackalloc Half[Chunk];
        for (var at = 0; at < source.Length; at += Chunk)
        {
            var part = source.Slice(at, Math.Min(Chunk, source.Length - at));
            TensorPrimitives.ConvertToHalf(part, halves);
            TensorPrimitives.ConvertToSingle(halves[..part.Length], destination.Slice(at, part.Length));
        }
    }

    /// <summary>Puts the rows of a box together as halves, little-endian, one after the other.</summary>
    public static void Pack(float* tensor, in StridedBox box, nint halves)
    {
        var to = (Half*)halves;
        for (var plane = 0; plane < box.Planes; plane++)
            for (var row = 0; row < box.Rows; row++, to += box.RowLength)
                TensorPrimitives.ConvertToHalf(Row(tensor, box, plane, row), new Span<Half>(to, box.RowLength));
    }

    /// <summary>Lays halves into the rows of a box.</summary>
    public static void Unpack(nint halves, float* tensor, in StridedBox box)
    {
        var from = (Half*)halves;
        for (var plane = 0; plane < box.Planes; plane++)
            for (var row = 0; row < box.Rows; row++, from += box.RowLength)
                TensorPrimitives.ConvertToSingle(new ReadOnlySpan<Half>(from, box.RowLength), Row(tensor, box, plane, row));
    }

    private static Span<float> Row(float* tensor, in StridedBox box, int plane, int row) => new(tensor + box.Offset + plane * box.PlaneStride + row * box.RowStride, box.RowLength);
}
