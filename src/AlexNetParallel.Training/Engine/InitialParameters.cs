using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Training.Engine;

/// <summary>Brings a worker's share of the initial weights and biases onto its device.</summary>
internal static class InitialParameters
{
    public static void Set(DeviceParameters parameters, ParameterSet set, ulong seed)
    {
        var weights = new float[set.WeightCount];
        InitialWeights.Fill(weights, set.Layer, set.Outputs, seed);
        parameters.Import(ParameterKind.Weights, weights);
        var biases = new float[set.Outputs.Count];
        biases.AsSpan().Fill(set.Layer.InitialBias);
        parameters.Import(ParameterKind.Biases, biases);
    }
}
