using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>What kind of work an instruction is: machines have a rate for each.</summary>
public enum WorkKind
{
    /// <summary>Convolution, forward.</summary>
    ConvolutionForward,
    /// <summary>Gradient with respect to a convolution's input.</summary>
    ConvolutionInputGradient,
    /// <summary>Gradient of a convolution's weights.</summary>
    ConvolutionWeightGradient,
    /// <summary>Fully connected, forward.</summary>
    FullyConnectedForward,
    /// <summary>Gradient with respect to a fully connected layer's input.</summary>
    FullyConnectedInputGradient,
    /// <summary>Gradient of a fully connected layer's weights, with or without the update.</summary>
    FullyConnectedWeightGradient,
    /// <summary>Response normalisation, both passes.</summary>
    Normalization,
    /// <summary>Pooling, neurons, dropout, sums, softmax, updates from gradients: as fast as memory.</summary>
    Memory,
}

/// <summary>How much an instruction does.</summary>
/// <param name="Kind">What kind.</param>
/// <param name="Flop">Floating-point operations, a multiply-add counted as two; 0 for <see cref="WorkKind.Memory"/>.</param>
/// <param name="Bytes">Bytes of tensors and parameters that it reads and writes at least once.</param>
public readonly record struct Work(WorkKind Kind, double Flop, double Bytes)
{
    /// <summary>The work of an instruction; no work for sends and receives.</summary>
    /// <param name="instruction">Of the program.</param>
    /// <param name="program">The worker's.</param>
    /// <param name="cases">Images of a block that are there (32, but for the last).</param>
    public static Work Of(Instruction instruction, WorkerProgram program, int cases)
    {
        switch (instruction)
        {
            case ForwardInstruction i:
                return OfPiece(i.Piece, i.Blocks.Count * cases, WorkKind.ConvolutionForward, WorkKind.FullyConnectedForward);
            case InputGradientInstruction i:
                return OfPiece(i.Piece, i.Blocks.Count * cases, WorkKind.ConvolutionInputGradient, WorkKind.FullyConnectedInputGradient);
            case WeightGradientInstruction i:
                return OfPiece(i.Piece, i.Blocks.Count * cases, WorkKind.ConvolutionWeightGradient, WorkKind.FullyConnectedWeightGradient);
            case FusedUpdateInstruction i:
                return OfPiece(i.Piece, i.Blocks.Count * cases, WorkKind.ConvolutionWeightGradient, WorkKind.FullyConnectedWeightGradient, passesOverWeights: 4);
            case NeuronGradientInstruction i:
                return new Work(WorkKind.Memory, 0, 3 * Floats(i.Piece, i.Blocks.Count * cases));
            case LossInstruction i:
                return new Work(WorkKind.Memory, 0, 3 * Floats(i.Piece, i.Blocks.Count * cases));
            case SumInstruction i:
                var size = program.Tensors[i.Target].Layout;
                return new Work(WorkKind.Memory, 0, (i.Sources.Count + 1) * sizeof(float) * (double)i.Channels.Count * size.Height * size.Width * cases);
            case SumParametersInstruction i:
                return new Work(WorkKind.Memory, 0, (i.Sources.Count + 1) * sizeof(float) * (double)i.Count);
            case UpdateInstruction i:
                return new Work(WorkKind.Memory, 0, 5 * sizeof(float) * (double)program.Parameters[i.Parameters].Count);
            default:
                return default;
        }
    }

    private static Work OfPiece(Piece piece, int images, WorkKind convolution, WorkKind fullyConnected, int passesOverWeights = 1)
    {
        var tensors = sizeof(float) * (double)images * ((long)piece.Input.Channels * piece.Layer.Input.Pixels + (long)piece.Output.Count * piece.Layer.Output.Pixels);
        return piece.Layer switch
        {
            ConvolutionLayer l => new Work(convolution, 2.0 * l.Shape(piece.Output.Count).MultiplyAdds * images, tensors),
            FullyConnectedLayer l => new Work(fullyConnected, 2.0 * l.FanIn * piece.Output.Count * images, tensors + passesOverWeights * sizeof(float) * (double)l.FanIn * piece.Output.Count),
            NormalizationLayer => new Work(WorkKind.Normalization, 0, tensors),
            _ => new Work(WorkKind.Memory, 0, tensors),
        };
    }

    private static double Floats(Piece piece, int images) => sizeof(float) * (double)images * piece.Output.Count * piece.Layer.Output.Pixels;
}
