using System.Runtime.InteropServices;
using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Training.Engine;

/// <summary>Brings a worker's share of the initial weights and biases onto its device.</summary>
internal static class InitialParameters
{
    public static unsafe void Set(DeviceParameters parameters, ParameterSet set, ulong seed)
    {
        // Not an array: those of a fully connected layer would stay with the process as garbage of 75 MB and more.
        var memory = (float*)NativeMemory.Alloc((nuint)set.WeightCount, sizeof(float));
        try
        {
            var weights = new Span<float>(memory, checked((int)set.WeightCount));
            InitialWeights.Fill(weights, set.Layer, set.Outputs, seed);
            parameters.Import(ParameterKind.Weights, weights);
        }
        finally
        {
            NativeMemory.Free(memory);
        }
        var biases = new float[set.Outputs.Count];
        biases.AsSpan().Fill(set.Layer.InitialBias);
        parameters.Import(ParameterKind.Biases, biases);
    }
}
