using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Direct;

/// <summary>Copies the rows of one box into the rows of another. The boxes hold the same number of floats; their rows may be cut differently.</summary>
internal static unsafe class BoxCopy
{
    /// <summary>Copies; the boxes must not overlap.</summary>
    /// <param name="sourceTensor">First float of the tensor that is read.</param>
    /// <param name="source">What is read of it.</param>
    /// <param name="destinationTensor">First float of the tensor that is written.</param>
    /// <param name="destination">What is written of it.</param>
    /// <param name="wire">What the floats are on the way.</param>
    /// <returns>Bytes that crossed.</returns>
    // Optimised from the first call on: a run of a few steps would otherwise spend them in code that the runtime has not optimised yet.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static long Copy(float* sourceTensor, in StridedBox source, float* destinationTensor, in StridedBox destination, WireFormat wire = WireFormat.Single)
    {
        var from = new RowWalk(sourceTensor, source);
        var to = new RowWalk(destinationTensor, destination);
        var bytes = 0L;
        while (from.Left > 0 && to.Left > 0)
        {
            var floats = Math.Min(from.Left, to.Left);
            var run = floats * sizeof(float);
            if (wire == WireFormat.Half) HalfFloats.Round(new ReadOnlySpan<float>(from.At, checked((int)floats)), new Span<float>(to.At, (int)floats));
            else Buffer.MemoryCopy(from.At, to.At, run, run);
            bytes += run;
            from.Advance(floats);
            to.Advance(floats);
        }
        return wire == WireFormat.Half ? bytes / 2 : bytes;
    }

    /// <summary>A place in a box, and how many floats follow it without a gap. A box without gaps is walked as one row.</summary>
    private struct RowWalk
    {
        private readonly StridedBox box;
        private float* plane;
        private float* row;
        private int rowNumber;
        private int planeNumber;

        public RowWalk(float* tensor, in StridedBox given)
        {
            box = given;
            row = plane = tensor + given.Offset;
            At = row;
            Left = given.IsContiguous ? given.Length : given.RowLength;
            if (given.Length == 0) Left = 0;
            if (!given.IsContiguous) return;
            rowNumber = given.Rows - 1;
            planeNumber = given.Planes - 1;
        }

        public float* At { get; private set; }

        public long Left { get; private set; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Advance(long floats)
        {
            At += floats;
            Left -= floats;
            if (Left == 0) NextRow();
        }

        private void NextRow()
        {
            if (++rowNumber < box.Rows)
            {
                row += box.RowStride;
            }
            else if (++planeNumber < box.Planes)
            {
                rowNumber = 0;
                row = plane += box.PlaneStride;
            }
            else
            {
                return;
            }
            At = row;
            Left = box.RowLength;
        }
    }
}
