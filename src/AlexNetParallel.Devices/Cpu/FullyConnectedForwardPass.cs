using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// y = neuron(x·w + b). An item is some panels of 32 outputs. Loops, from outside: sixteen panels, group of inputs, panel, block, tile of the panel's outputs,
/// input: a panel's weights for a group are read from memory once and serve all blocks from the first-level cache.
/// </summary>
internal unsafe struct FullyConnectedForwardPass : ITeamJob
{
    /// <summary>Panels of a group: their outputs stay in the second-level cache.</summary>
    private const int PanelGroup = 16;

    public CpuKernels Kernels;
    public PanelLayout Layout;

    /// <summary>Input at block 0 of the run, and where each input lies.</summary>
    public float* Input;
    public int* Offsets;
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
        var panels = Layout.Panels.Count;
        var (firstPanel, endPanel) = (item * panels / Parts, (item + 1) * panels / Parts);
        for (; firstPanel < endPanel; firstPanel += PanelGroup)
        {
            var end = Math.Min(endPanel, firstPanel + PanelGroup);
            for (var group = 0; group < Layout.Groups; group++)
            {
                for (var panel = firstPanel; panel < end; panel++) AddGroup(group, panel, panel - firstPanel, end - firstPanel);
            }
        }
    }

    private readonly void AddGroup(int group, int panel, int turn, int turns)
    {
        var (first, last) = (group == 0, group == Layout.Groups - 1);
        var width = Layout.Panels.WidthOf(panel);
        var tiles = new Tiles(width, Kernels.LargestTile);
        var weights = Weights + Layout.Offset(group, panel);
        var arguments = new TapArguments
        {
            Offsets = Offsets + group * PanelLayout.GroupInputs,
            Taps = Layout.InputsOf(group),
            WeightStride = width,
            Pixels = 1,
            Relu = last && Neuron == Neuron.Relu,
        };
        // The next panel's weights are fetched meanwhile, a share with each tile.
        var next = weights + (long)arguments.Taps * width;
        var share = arguments.Taps * width / CacheLines.Floats / (tiles.Count * Blocks) + 1;
        var nextInput = Offsets[(last ? 0 : group + 1) * PanelLayout.GroupInputs];
        var inputShare = arguments.Taps * CaseBlock.Cases / CacheLines.Floats / (tiles.Count * turns) + 1;
        for (var block = 0; block < Blocks; block++)
        {
            arguments.Input = Input + block * InputBlockStride;
            arguments.Output = Output + block * OutputBlockStride;
            for (var tile = 0; tile < tiles.Count; tile++, next += share * CacheLines.Floats)
            {
                var (unit, count) = tiles[tile];
                arguments.Weights = weights + unit;
                arguments.Bias = first ? Bias + panel * Panels.Width + unit : null;
                arguments.KernelOffsets = OutputOffsets + panel * Panels.Width + unit;
                CacheLines.Prefetch(next, share);
                CacheLines.Prefetch(arguments.Input + nextInput + (turn * tiles.Count + tile) * inputShare * CacheLines.Floats, inputShare);
                Kernels.Taps(count, &arguments);
                if (!last || Neuron != Neuron.Tanh) continue;
                for (var i = 0; i < count; i++) Kernels.Tanh(arguments.Output + arguments.KernelOffsets[i], CaseBlock.Cases);
            }
        }
    }
}
