using AlexNetParallel.Devices.Cpu.Kernels;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>Updates from materialised gradients.</summary>
public sealed unsafe partial class CpuDevice
{
    /// <inheritdoc/>
    public void Update(DeviceParameters parameters, UpdateRule rule)
    {
        if (parameters is not CpuParameters own) throw new ArgumentException("these are not parameters on this device", nameof(parameters));
        if (rule.WeightRate != 0)
        {
            team.Run(
                new UpdateJob { Kernels = kernels, Weights = own.Weights, Momentum = own.WeightMomentum, Gradient = own.WeightGradient, Count = own.WeightCount, By = UpdateCoefficients.OfWeights(rule) },
                UpdateJob.Items(own.WeightCount));
            own.WeightsChanged();
        }
        if (rule.BiasRate != 0) kernels.Update(own.Biases, own.BiasMomentum, own.BiasGradient, own.BiasCount, UpdateCoefficients.OfBiases(rule));
    }

    /// <summary>An item is a run of weights.</summary>
    private struct UpdateJob : ITeamJob
    {
        private const long Run = 1 << 16;
        public CpuKernels Kernels;
        public float* Weights;
        public float* Momentum;
        public float* Gradient;
        public long Count;
        public UpdateCoefficients By;

        public static int Items(long count) => (int)((count + Run - 1) / Run);

        readonly void ITeamJob.Run(int item, int thread)
        {
            var first = item * Run;
            Kernels.Update(Weights + first, Momentum + first, Gradient + first, Math.Min(Run, Count - first), By);
        }
    }
}
