using AlexNetParallel.Model.Tensors;
using static AlexNetParallel.Devices.OperationChecks;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>How views get to the kernels.</summary>
public sealed unsafe partial class CudaDevice
{
    private const uint Threads = 256;

    /// <summary>Threads for each unit of 32 cases: four cases each.</summary>
    private const int ThreadsPerUnit = CaseBlock.Cases / 4;

    private int[] hostTable = new int[1024];

    /// <summary>A kernel's view, after a check that it is of this size, holds these blocks, and lies in this device's memory.</summary>
    /// <exception cref="ArgumentException">It does not; the message says what was found and what was expected.</exception>
    private KernelView View(TensorView view, string name, int channels, int height, int width, BlockRange blocks, Border border = default)
    {
        Check(view, channels, height, width, blocks, border, name);
        CheckShared(view, blocks, name);
        CheckOwn(view.Buffer, name);
        return View(view, blocks);
    }

    private KernelView View(TensorView view, BlockRange blocks) => new(Origin(view, blocks), ChannelTable(view), view.Layout.BlockStride, view.Layout.RowStride, 0);

    /// <summary>Address of pixel (0,0) inside the border of the run's first block, without a channel's offset.</summary>
    private static nint Origin(TensorView view, BlockRange blocks)
    {
        var layout = view.Layout;
        var floats = (blocks.First - layout.Blocks.First) * layout.BlockStride + layout.Border.Top * layout.RowStride + layout.Border.Left * CaseBlock.Cases;
        return view.Buffer.Address + (nint)(floats * sizeof(float));
    }

    /// <summary>Where each channel lies in a block.</summary>
    private nint ChannelTable(TensorView view)
    {
        var table = HostTable(view.Channels);
        for (var channel = 0; channel < table.Length; channel++) table[channel] = checked((int)view.ChannelOffset(channel));
        return tables.Of<int>(table);
    }

    /// <summary>Where each tap of a window lies from the window's first pixel: channel, y, x.</summary>
    private nint TapTable(TensorView view, int rows, int columns)
    {
        var table = HostTable(view.Channels * rows * columns);
        var next = 0;
        for (var channel = 0; channel < view.Channels; channel++)
            for (var y = 0; y < rows; y++)
                for (var x = 0; x < columns; x++)
                    table[next++] = checked((int)(view.ChannelOffset(channel) + y * view.Layout.RowStride + x * CaseBlock.Cases));
        return tables.Of<int>(table);
    }

    private Span<int> HostTable(int count)
    {
        if (hostTable.Length < count) Array.Resize(ref hostTable, Math.Max(count, 2 * hostTable.Length));
        return hostTable.AsSpan(0, count);
    }

    private void CheckOwn(DeviceBuffer buffer, string name)
    {
        if (buffer is not CudaBuffer own) throw new ArgumentException($"{name} lies in a {buffer.GetType().Name}, which is not a CUDA device's memory", name);
        if (!own.IsOn(this)) throw new ArgumentException($"{name} lies in the memory of another CUDA device", name);
    }

    /// <summary>Queues a kernel with eight threads for each unit.</summary>
    private void LaunchUnits(string module, string kernel, long units, BlockRange blocks, ref KernelArguments arguments) =>
        Launch(module, kernel, (Ceiling(units * ThreadsPerUnit, Threads), 1, blocks.Count), (Threads, 1), ref arguments);
}
