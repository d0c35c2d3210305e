using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Engine;

/// <summary>The tensors and parameters of one worker's program in a device's memory; tensors that cross lie where the link puts them.</summary>
internal sealed class EngineMemory : IDisposable
{
    private readonly IDevice device;
    private readonly DeviceLink link;
    private readonly bool keepGradients;
    private readonly DeviceBuffer?[] buffers;
    private readonly TensorView?[] views;
    private readonly List<DeviceBuffer> parts = [];
    private readonly DeviceParameters[] parameters;

    public EngineMemory(Plan plan, int rank, IDevice device, DeviceLink link, ulong seed, bool keepGradients)
    {
        (this.device, this.link, this.keepGradients) = (device, link, keepGradients);
        var program = plan.Programs[rank];
        buffers = new DeviceBuffer?[program.Tensors.Count];
        views = new TensorView?[program.Tensors.Count];
        // Parameters first: what setting them takes for a moment is free again when the tensors come.
        foreach (var set in program.Parameters)
            if (set.GradientTensor >= 0) Allocate(program.Tensors[set.GradientTensor]);
        parameters = new DeviceParameters[program.Parameters.Count];
        foreach (var set in program.Parameters)
        {
            parameters[set.Id] = Create(set);
            InitialParameters.Set(parameters[set.Id], set, seed);
        }
        foreach (var tensor in program.Tensors)
        {
            if (tensor.Role == TensorRole.Image) ImageLayout = tensor.Layout;
            else if (buffers[tensor.Id] is null) Allocate(tensor);
        }
    }

    /// <summary>Layout of the input tensor; null when the worker reads no images.</summary>
    public TensorLayout? ImageLayout { get; }

    public TensorView View(int id) => views[id] ?? throw new InvalidOperationException($"tensor {id} is the feed's");

    public DeviceBuffer Buffer(int id) => buffers[id] ?? throw new InvalidOperationException($"tensor {id} is the feed's");

    /// <summary>Some floats of a tensor that crosses.</summary>
    public DeviceBuffer Part(int id, long offset, long count)
    {
        parts.Add(device.Wrap(Buffer(id).Address + (nint)(offset * sizeof(float)), count));
        return parts[^1];
    }

    public DeviceParameters Parameters(int set) => parameters[set];

    private void Allocate(PlannedTensor tensor)
    {
        var buffer = tensor.Crosses ? link.Allocate(tensor) : device.Allocate(tensor.Layout.Size);
        buffers[tensor.Id] = buffer;
        views[tensor.Id] = new TensorView(buffer, tensor.Layout);
    }

    private DeviceParameters Create(ParameterSet set)
    {
        var gradients = set.GradientTensor < 0 ? null : Buffer(set.GradientTensor);
        return set.Layer switch
        {
            ConvolutionLayer c => device.CreateParameters(c.Shape(set.Outputs.Count), gradients),
            FullyConnectedLayer f => device.CreateParameters(f.Shape(set.Outputs.Count), set.IsShared || keepGradients, gradients),
            _ => throw new InvalidOperationException($"layer {set.Layer.Name} has no parameters"),
        };
    }

    public void Dispose()
    {
        foreach (var set in parameters) set.Dispose();
        foreach (var part in parts) part.Dispose();
        foreach (var buffer in buffers) buffer?.Dispose();
    }
}
