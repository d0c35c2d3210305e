using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>
/// What a worker's program takes of a CUDA device's memory, byte for byte, known before anything is allocated. Besides it the driver, its context, the kernels' code
/// and cuBLAS have memory of their own (some hundred MB on NVIDIA's driver), which no program can know beforehand.
/// </summary>
public sealed class CudaMemoryPlan
{
    private readonly Dictionary<ScratchUse, long> scratch = [];

    /// <param name="program">What a worker runs.</param>
    /// <param name="cublas">Whether products are cuBLAS's, which needs no memory for parts of sums.</param>
    /// <param name="keepGradients">Whether the gradients of fully connected layers are kept.</param>
    public CudaMemoryPlan(WorkerProgram program, bool cublas, bool keepGradients = false)
    {
        ArgumentNullException.ThrowIfNull(program);
        foreach (var tensor in program.Tensors) TensorBytes += tensor.Crosses ? CudaDevice.ShareableBytes(tensor.Layout.Size) : Math.Max(tensor.Bytes, sizeof(float));
        foreach (var set in program.Parameters) ParameterBytes += ParameterFloats(set, keepGradients) * sizeof(float);
        foreach (var instruction in program.Instructions) Add(instruction, cublas);
        ScratchBytes = (scratch.Values.Sum() + CudaTables.RunFloats) * sizeof(float);
    }

    /// <summary>Images, activations, gradients, and what is received.</summary>
    public long TensorBytes { get; }

    /// <summary>Weights, biases, their momentum and gradients, and the convolutions' packed weights.</summary>
    public long ParameterBytes { get; }

    /// <summary>What operations use while they run, and tables.</summary>
    public long ScratchBytes { get; }

    /// <summary>All of it.</summary>
    public long Bytes => TensorBytes + ParameterBytes + ScratchBytes;

    internal IEnumerable<(ScratchUse Use, long Floats)> ScratchFloats => scratch.Select(s => (s.Key, s.Value));

    private static long ParameterFloats(ParameterSet set, bool keepGradients)
    {
        var convolution = set.Layer is ConvolutionLayer;
        var ownGradients = set.GradientTensor < 0 && (convolution || set.IsShared || keepGradients);
        return set.Count * (ownGradients ? 3 : 2) + (convolution ? set.WeightCount : 0);
    }

    private void Add(Instruction instruction, bool cublas)
    {
        switch (instruction)
        {
            case ForwardInstruction { Piece.Layer: FullyConnectedLayer layer } i:
                Product(layer.Shape(i.Piece.Output.Count), i.Blocks.Count, cublas, forward: true);
                break;
            case InputGradientInstruction { Piece.Layer: FullyConnectedLayer layer } i:
                Product(layer.Shape(i.Piece.Output.Count), i.Blocks.Count, cublas, forward: false);
                break;
            case InputGradientInstruction { Piece.Layer: NormalizationLayer layer } i:
                Need(ScratchUse.Terms, CudaScratch.Terms(layer.Shape(i.Piece.Output.Count), i.Blocks.Count));
                break;
            case WeightGradientInstruction { Piece.Layer: ConvolutionLayer layer } i:
                Need(ScratchUse.Partials, CudaScratch.Partials(layer.Shape(i.Piece.Output.Count), i.Blocks.Count));
                break;
            case WeightGradientInstruction { Piece.Layer: FullyConnectedLayer layer } i:
                Matrices(layer.Shape(i.Piece.Output.Count), i.Blocks.Count);
                break;
            case FusedUpdateInstruction { Piece.Layer: FullyConnectedLayer layer } i:
                var shape = layer.Shape(i.Piece.Output.Count);
                Matrices(shape, i.Blocks.Count);
                Need(ScratchUse.BiasGradient, shape.Outputs);
                break;
            case LossInstruction i:
                Need(ScratchUse.Labels, (long)i.Blocks.Count * Model.Tensors.CaseBlock.Cases);
                Need(ScratchUse.Losses, CudaScratch.Losses(i.Blocks.Count));
                break;
        }
    }

    private void Product(FullyConnectedShape shape, int blocks, bool cublas, bool forward)
    {
        Matrices(shape, blocks);
        if (cublas) return;
        if (forward) Need(ScratchUse.Outputs, CudaScratch.Outputs(shape, blocks) * CudaScratch.Parts(shape.Outputs, shape.Inputs));
        else Need(ScratchUse.Inputs, CudaScratch.Inputs(shape, blocks) * CudaScratch.Parts(shape.Inputs, shape.Outputs));
    }

    private void Matrices(FullyConnectedShape shape, int blocks)
    {
        Need(ScratchUse.Inputs, CudaScratch.Inputs(shape, blocks));
        Need(ScratchUse.Outputs, CudaScratch.Outputs(shape, blocks));
    }

    private void Need(ScratchUse use, long floats)
    {
        if (floats > scratch.GetValueOrDefault(use)) scratch[use] = floats;
    }
}
