using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

public sealed unsafe partial class CudaDevice
{
    /// <inheritdoc/>
    public void NeuronGradient(Neuron neuron, TensorView y, TensorView dy, BlockRange blocks)
    {
        var (channels, height, width) = (dy.Channels, dy.Layout.Height, dy.Layout.Width);
        var (output, gradient) = (View(y, nameof(y), channels, height, width, blocks), View(dy, nameof(dy), channels, height, width, blocks));
        if (neuron == Neuron.None) return;
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(output).Add(gradient).Add(channels).Add(height).Add(width).Add((int)neuron);
        LaunchUnits("neuron", "neuron_gradient", (long)channels * height * width, blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void Dropout(DropoutShape shape, TensorView x, TensorView y, ulong seed, long step, bool training, BlockRange blocks)
    {
        var (height, width) = (y.Layout.Height, y.Layout.Width);
        CheckDropout(shape, y.Layout);
        var (input, output) = (View(x, nameof(x), shape.Channels, height, width, blocks), View(y, nameof(y), shape.Channels, height, width, blocks));
        Context.MakeCurrent();
        var arguments = default(KernelArguments);
        arguments.Add(input).Add(output).Add(shape.Channels).Add(height).Add(width);
        if (training)
        {
            var (_, _, c2, c3, k0, k1) = Philox.Counter(seed, RandomPurpose.Dropout, shape.Layer, step, 0);
            arguments.Add(shape.FirstChannel * shape.Pixels).Add(blocks.First).Add(c2).Add(c3).Add(k0).Add(k1).Add((uint)Math.Ceiling((double)shape.Keep * (1 << 24)));
        }
        else
        {
            arguments.Add(shape.Keep);
        }
        LaunchUnits("dropout", training ? "dropout_mask" : "dropout_scale", (long)shape.Channels * shape.Pixels, blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void Sum(TensorView destination, IReadOnlyList<TensorView> sources, BlockRange blocks)
    {
        var (channels, height, width) = (destination.Channels, destination.Layout.Height, destination.Layout.Width);
        CheckSources(sources.Count, nameof(sources));
        Context.MakeCurrent();
        var to = View(destination, nameof(destination), channels, height, width, blocks);
        var from = stackalloc KernelView[sources.Count];
        for (var i = 0; i < sources.Count; i++) from[i] = View(sources[i], nameof(sources), channels, height, width, blocks);
        var arguments = default(KernelArguments);
        arguments.Add(to).Add(tables.Of(new ReadOnlySpan<KernelView>(from, sources.Count))).Add(sources.Count).Add(channels).Add(height).Add(width);
        LaunchUnits("sum", "sum_views", (long)channels * height * width, blocks, ref arguments);
    }

    /// <inheritdoc/>
    public void Sum(DeviceBuffer destination, IReadOnlyList<DeviceBuffer> sources, long offset, long count)
    {
        CheckSources(sources.Count, nameof(sources));
        Context.MakeCurrent();
        var to = Part(destination, nameof(destination));
        var from = stackalloc nint[sources.Count];
        for (var i = 0; i < sources.Count; i++) from[i] = Part(sources[i], nameof(sources));
        var arguments = default(KernelArguments);
        arguments.Add(to).Add(tables.Of(new ReadOnlySpan<nint>(from, sources.Count))).Add(sources.Count).Add(count);
        Launch("sum", "sum_buffers", (Math.Min(Ceiling(count, Threads), MostBlocks), 1, 1), (Threads, 1), ref arguments);

        nint Part(DeviceBuffer buffer, string name)
        {
            CheckOwn(buffer, name);
            CheckRange(buffer, offset, count, name);
            return buffer.Address + (nint)(offset * sizeof(float));
        }
    }

    /// <inheritdoc/>
    public void Update(DeviceParameters parameters, UpdateRule rule)
    {
        if (parameters is not CudaParameters own || own.Device != this) throw new ArgumentException("these are not parameters on this device", nameof(parameters));
        Context.MakeCurrent();
        if (rule.WeightRate != 0)
        {
            Update(own.Weights, own.WeightMomentum, own.WeightGradient, own.WeightCount, UpdateCoefficients.OfWeights(rule));
            own.WeightsChanged();
        }
        if (rule.BiasRate != 0) Update(own.Biases, own.BiasMomentum, own.BiasGradient, own.BiasCount, UpdateCoefficients.OfBiases(rule));
    }

    /// <summary>Most blocks of threads of a kernel that goes over its elements in a loop.</summary>
    private const long MostBlocks = 65535;

    private void Update(nint weights, nint momentum, nint gradient, long count, UpdateCoefficients by)
    {
        var arguments = default(KernelArguments);
        arguments.Add(weights).Add(momentum).Add(gradient).Add(count).Add(by.Momentum).Add(by.Scale).Add(by.Decay);
        Launch("update", "update", (Math.Min(Ceiling(count, Threads), MostBlocks), 1, 1), (Threads, 1), ref arguments);
    }
}
