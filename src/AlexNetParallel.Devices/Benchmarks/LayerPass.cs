using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>One pass of a layer, ready to run on a device.</summary>
/// <param name="Name">forward, input_gradient, weight_gradient, update, neuron_gradient.</param>
/// <param name="Run">Computes it for some case blocks.</param>
/// <param name="Flop">FLOP of a call for all blocks; 0 for a pass that is bound by memory.</param>
/// <param name="BytesRead">Bytes of the tensors and parameters that a call for all blocks reads.</param>
/// <param name="BytesWritten">Bytes that it writes.</param>
/// <param name="Result">The floats that it wrote.</param>
internal sealed record LayerPass(string Name, Action<BlockRange> Run, double Flop, long BytesRead, long BytesWritten, Func<float[]> Result);

/// <summary>What a pass of a layer took.</summary>
/// <param name="Layer">Name of the layer.</param>
/// <param name="Pass">forward, input_gradient, weight_gradient, weight_gradient (of a fully connected layer with its update, in one pass), update, neuron_gradient.</param>
/// <param name="Seconds">Median.</param>
/// <param name="FlopPerSecond">For passes that multiply matrices.</param>
/// <param name="FractionOfPeak">Of the floating-point peak measured beside it.</param>
/// <param name="BytesPerSecond">Bytes of tensors and parameters read and written.</param>
/// <param name="FractionOfMemory">For the other passes: of the memory traffic of copies measured beside it.</param>
/// <param name="Wrong">Floats of the result, for one block of cases, whose bits differ from those that vectors of 128 bits give: 0.</param>
public sealed record LayerTiming(
    string Layer, string Pass, double Seconds, double? FlopPerSecond, double? FractionOfPeak, double BytesPerSecond, double? FractionOfMemory, long Wrong);
