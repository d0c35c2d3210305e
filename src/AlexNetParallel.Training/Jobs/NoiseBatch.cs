using System.Runtime.InteropServices;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Jobs;

/// <summary>One batch of noise that stands for all: to measure without the data path. The same on every worker.</summary>
internal sealed unsafe class NoiseBatch : IDisposable
{
    /// <summary>Steps that a pass over the images is said to have.</summary>
    public const int StepsPerEpoch = 1000;

    private const float Range = 128; // about as far as mean-subtracted pixels reach

    private float* images;
    private int* labels;

    public NoiseBatch(Recipe recipe, TensorLayout layout)
    {
        images = (float*)NativeMemory.AlignedAlloc((nuint)(layout.Size * sizeof(float)), 4096);
        labels = (int*)NativeMemory.AllocZeroed((nuint)recipe.Batch, sizeof(int));
        new Span<byte>(images, checked((int)(layout.Size * sizeof(float)))).Clear();
        long index = 0;
        for (var block = layout.Blocks.First; block < layout.Blocks.End; block++)
        {
            foreach (var channel in layout.Channels.Each())
                for (var y = 0; y < layout.Height; y++)
                {
                    var row = images + layout.Offset(block, channel) + y * layout.RowStride;
                    for (var x = 0; x < layout.Width * CaseBlock.Cases; x += 4)
                    {
                        var words = Philox.Words(recipe.Seed, RandomPurpose.GeneratedImages, 1, 0, index++);
                        row[x] = (Philox.Uniform(words.X) - 0.5f) * Range;
                        row[x + 1] = (Philox.Uniform(words.Y) - 0.5f) * Range;
                        row[x + 2] = (Philox.Uniform(words.Z) - 0.5f) * Range;
                        row[x + 3] = (Philox.Uniform(words.W) - 0.5f) * Range;
                    }
                }
        }
        for (var i = 0; i < recipe.Batch; i++)
            labels[i] = Philox.Below(Philox.Words(recipe.Seed, RandomPurpose.GeneratedImages, 2, 0, i).X, recipe.Network.Classes);
    }

    public nint Images => (nint)images;

    public nint Labels => (nint)labels;

    public void Dispose()
    {
        NativeMemory.AlignedFree(images);
        NativeMemory.Free(labels);
        images = null;
        labels = null;
    }
}
