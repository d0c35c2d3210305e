using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu.Operations;

/// <summary>A view with its addresses at hand. A pixel is 32 floats, one for each case of the block.</summary>
internal readonly unsafe struct CpuView
{
    private readonly TensorView view;
    private readonly float* origin;
    private readonly int firstBlock;
    private readonly long blockStride;

    public CpuView(TensorView view)
    {
        this.view = view;
        var layout = view.Layout;
        origin = ((CpuBuffer)view.Buffer).Pointer + layout.Border.Top * layout.RowStride + layout.Border.Left * CaseBlock.Cases;
        firstBlock = layout.Blocks.First;
        blockStride = layout.BlockStride;
        RowStride = layout.RowStride;
        IsDense = layout.Border.IsNone;
    }

    /// <summary>Floats from a row to the next.</summary>
    public int RowStride { get; }

    /// <summary>True when a plane's rows follow each other without a gap.</summary>
    public bool IsDense { get; }

    /// <summary>Pixel (0, 0) of a channel as the view numbers it, inside the border.</summary>
    public float* Plane(int block, int channel) => origin + (block - firstBlock) * blockStride + view.ChannelOffset(channel);
}
