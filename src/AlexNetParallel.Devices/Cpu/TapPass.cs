using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// A convolution with packed weights over a run of blocks: the forward pass, or a phase of the input gradient. Distances are in floats.
/// Loops, from outside: block, group of input channels, output row, tile of kernels, pixel, tap; between groups the sums wait in the output.
/// An item is some rows of a block.
/// </summary>
internal unsafe struct TapPass : ITeamJob
{
    public CpuKernels Kernels;

    /// <summary>Input at block 0 of the run, with the offset of the first output pixel's window.</summary>
    public float* Input;
    public long InputBlockStride;
    public nint InputRowStep;
    public nint InputPixelStep;

    /// <summary>Where each tap lies, channel by channel.</summary>
    public int* Offsets;
    public int Channels;
    public int TapsPerChannel; // at least 1

    public float* Weights;
    public float* Bias;
    public Tiles Tiles;

    /// <summary>Output at block 0 of the run, first pixel, and where each channel of it lies.</summary>
    public float* Output;
    public nint* OutputOffsets;
    public long OutputBlockStride;
    public nint OutputRowStep;
    public nint OutputPixelStep;
    public int Rows;
    public int Columns;
    public Neuron Neuron;

    /// <summary>Items that a block is cut into.</summary>
    public int Parts;

    /// <summary>A block's sums of this size stay in the second-level cache from one group of channels to the next.</summary>
    private const long SumsBytes = 3 << 19;

    /// <summary>
    /// Taps that a group of channels should have. More of them: the window and the weights of a tile leave the first-level cache. Fewer: the sums go out and come back
    /// more often, which costs little only while a cache holds them.
    /// </summary>
    private readonly int TargetTaps => (long)Tiles.Total * Rows * Columns * CaseBlock.Cases * sizeof(float) <= SumsBytes ? 150 : 450;

    public readonly void Run(int item, int thread)
    {
        var (block, part) = (item / Parts, item % Parts);
        var (firstRow, endRow) = (part * Rows / Parts, (part + 1) * Rows / Parts);
        var group = Math.Max(1, TargetTaps / TapsPerChannel);
        var input = Input + block * InputBlockStride;
        var output = Output + block * OutputBlockStride;
        for (var channel = 0; channel < Channels; channel += group)
        {
            var taps = Math.Min(group, Channels - channel) * TapsPerChannel;
            for (var row = firstRow; row < endRow; row++)
                ComputeRow(input + row * InputRowStep, output + row * OutputRowStep, channel * TapsPerChannel, taps);
        }
    }

    private readonly void ComputeRow(float* input, float* output, int firstTap, int taps)
    {
        var allTaps = Channels * TapsPerChannel;
        var last = firstTap + taps == allTaps;
        for (var tile = 0; tile < Tiles.Count; tile++)
        {
            var (first, width) = Tiles[tile];
            var arguments = new TapArguments
            {
                Input = input,
                Offsets = Offsets + firstTap,
                Taps = taps,
                Weights = Weights + (long)first * allTaps + (long)firstTap * width,
                WeightStride = width,
                Bias = firstTap == 0 ? Bias + first : null,
                Output = output,
                KernelOffsets = OutputOffsets + first,
                Pixels = Columns,
                InputStep = InputPixelStep,
                OutputStep = OutputPixelStep,
                Relu = last && Neuron == Neuron.Relu,
            };
            Kernels.Taps(width, &arguments);
            if (!last || Neuron != Neuron.Tanh) continue;
            for (var i = 0; i < width; i++) Kernels.Tanh(output + OutputOffsets[first + i], (long)Columns * CaseBlock.Cases);
        }
    }
}
