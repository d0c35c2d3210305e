using System.Globalization;
using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// A CUDA device's memory for the peer transport: tensors are told to the other workers as IPC handles, and copied between the devices on a stream of their own.
/// </summary>
internal sealed class CudaPeerMemory(CudaDevice device) : IPeerMemory, IDisposable
{
    private readonly Dictionary<int, DeviceBuffer> tensors = [];
    private readonly Dictionary<string, nint> opened = [];
    private readonly CudaQueue queue = new(device);
    private readonly Lock gate = new();

    /// <summary>Set to "host" to have slabs go through pinned host memory although the devices reach each other's: to compare, or where peer access does not work.</summary>
    public const string PathVariable = "ALEXNET_CUDA_PEER";

    public IReadOnlyList<string> Reachable { get; } =
        Environment.GetEnvironmentVariable(PathVariable) == "host" ? [] : [.. device.Reachable.Select(uuid => uuid.ToString("D", CultureInfo.InvariantCulture))];

    /// <summary>Makes a tensor known under its number.</summary>
    public void Add(int tensor, DeviceBuffer buffer) => tensors.Add(tensor, buffer);

    public string Export(int tensor) => device.Export(tensors[tensor]);

    public nint Address(int tensor) => tensors[tensor].Address;

    public nint Open(string exported)
    {
        if (!opened.TryGetValue(exported, out var address)) opened.Add(exported, address = device.OpenExported(exported));
        return address;
    }

    public void Copy(nint source, in StridedBox from, nint destination, in StridedBox to)
    {
        lock (gate)
        {
            queue.Copy(source, from, destination, to);
            queue.Synchronize();
        }
    }

    public void Dispose()
    {
        foreach (var address in opened.Values) device.CloseExported(address);
        queue.Dispose();
    }
}
