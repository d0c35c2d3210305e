using AlexNetParallel.Devices;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Training.Engine;

/// <summary>Brings initial parameters onto a device.</summary>
internal static class Initializer
{
    public static void Initialize(DeviceParameters parameters, ParameterSet set, ulong seed)
    {
        _ = seed;
        var biases = new float[set.Outputs.Count];
        biases.AsSpan().Fill(set.Layer.InitialBias);
        parameters.Import(ParameterKind.Biases, biases);
    }
}
