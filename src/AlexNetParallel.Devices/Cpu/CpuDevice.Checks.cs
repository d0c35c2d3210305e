using System.Runtime.CompilerServices;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>What every operation asks of its views before it touches memory.</summary>
public sealed partial class CpuDevice
{
    /// <summary>Throws unless the view has these sizes, holds the blocks, and stores at least this border.</summary>
    private static void Check(TensorView view, int channels, int height, int width, BlockRange blocks, Border border = default, [CallerArgumentExpression(nameof(view))] string? name = null)
    {
        var layout = view.Layout;
        if (view.Channels != channels || layout.Height != height || layout.Width != width)
            throw new ArgumentException($"{name} is {view.Channels}×{layout.Height}×{layout.Width}, the operation expects {channels}×{height}×{width}", name);
        if (blocks.First < layout.Blocks.First || blocks.End > layout.Blocks.End)
            throw new ArgumentException($"{name} holds {layout.Blocks}, the operation was asked for {blocks}", name);
        var has = layout.Border;
        if (has.Top < border.Top || has.Left < border.Left || has.Bottom < border.Bottom || has.Right < border.Right)
            throw new ArgumentException($"{name} is stored with {has}, the operation needs at least {border}", name);
    }
}
