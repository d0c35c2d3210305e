using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// y = neuron(x·w + b). An item is some panels of 32 outputs. Loops, from outside: group of inputs, panel, block, tile of the panel's outputs, input: a
/// panel's weights for a group are read from memory once and serve all blocks from the first-level cache.
/// </summary>
internal unsafe struct FullyConnectedForwardPass : ITeamJob
{
    /// <summary>Inputs of a group: 32 KiB of weights of a panel.</summary>
    private const int Group = 256;

    public CpuKernels Kernels;
    public Panels Panels;

    /// <summary>Input at block 0 of the run, and where each input lies.</summary>
    public float* Input;
    public int* Offsets;
    public int Inputs;
    public long InputBlockStride;
    public float* Weights;
    public float* Bias;

    /// <summary>Output at block 0 of the run, and where each unit lies.</summary>
    public float* Output;
    public nint* OutputOffsets;
    public long OutputBlockStride;
    public int Blocks;
    public Neuron Neuron;

    /// <summary>Number of items.</summary>
    public int Parts;

    public readonly void Run(int item, int thread)
    {
        var (firstPanel, endPanel) = (item * Panels.Count / Parts, (item + 1) * Panels.Count / Parts);
        for (var input = 0; input < Inputs; input += Group)
        {
            for (var panel = firstPanel; panel < endPanel; panel++) AddGroup(input, Math.Min(Group, Inputs - input), panel);
        }
    }

    private readonly void AddGroup(int firstInput, int inputs, int panel)
    {
        var last = firstInput + inputs == Inputs;
        var width = Panels.WidthOf(panel);
        var tiles = new Tiles(width, Kernels.LargestTile);
        var arguments = new TapArguments
        {
            Offsets = Offsets + firstInput,
            Taps = inputs,
            WeightStride = width,
            Pixels = 1,
            Relu = last && Neuron == Neuron.Relu,
        };
        var weights = Weights + (long)panel * Panels.Width * Inputs + (long)firstInput * width;
        for (var block = 0; block < Blocks; block++)
        {
            for (var tile = 0; tile < tiles.Count; tile++)
            {
                var (first, count) = tiles[tile];
                var output = panel * Panels.Width + first;
                arguments.Input = Input + block * InputBlockStride;
                arguments.Weights = weights + first;
                arguments.Bias = firstInput == 0 ? Bias + output : null;
                arguments.Output = Output + block * OutputBlockStride;
                arguments.KernelOffsets = OutputOffsets + output;
                Kernels.Taps(count, &arguments);
                if (!last || Neuron != Neuron.Tanh) continue;
                for (var i = 0; i < count; i++) Kernels.Tanh(arguments.Output + arguments.KernelOffsets[i], CaseBlock.Cases);
            }
        }
    }
}
