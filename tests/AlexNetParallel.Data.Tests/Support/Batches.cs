using System.Runtime.InteropServices;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>Batches as arrays.</summary>
internal static unsafe class Batches
{
    public static TensorLayout Layout(int blocks, int side, Border border = default, int firstBlock = 0) =>
        new(new BlockRange(firstBlock, blocks), new ChannelSet(new ChannelRange(0, 3)), side, side, border);

    public static Tick Train(int batch, int cases, double noise = 0, int epoch = 0) => new(batch + 1, Split.Train, batch + 1, epoch, batch, cases, noise);

    public static Tick Test(int batch, int cases) => new(batch + 1, Split.Test, 0, 0, batch, cases, 0);

    /// <summary>One batch. The memory is full of NaN before, so that nothing can be left out.</summary>
    public static (float[] Images, int[] Labels) Fill(IBatchSource source, Tick tick, TensorLayout layout)
    {
        var memory = (float*)NativeMemory.AlignedAlloc((nuint)layout.Size * sizeof(float), 4096);
        try
        {
            var images = new Span<float>(memory, (int)layout.Size);
            images.Fill(float.NaN);
            var labels = new int[Math.Max(tick.Cases, layout.Blocks.End * CaseBlock.Cases)];
            source.Fill(tick, layout, memory, labels);
            return (images.ToArray(), labels[..tick.Cases]);
        }
        finally
        {
            NativeMemory.AlignedFree(memory);
        }
    }

    /// <summary>One value of a batch.</summary>
    public static float At(float[] images, TensorLayout layout, int position, int channel, int y, int x)
    {
        var offset = layout.Offset(position / CaseBlock.Cases, channel) + (long)y * layout.RowStride + x * CaseBlock.Cases + position % CaseBlock.Cases;
        return images[offset];
    }
}
