using AlexNetParallel.Devices;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Training.Pictures;

/// <summary>The kernels of the first layer as colours, tower 0 above tower 1: the paper's figure 3.</summary>
public static class KernelPicture
{
    private const int PerRow = 16, Gap = 1, Between = 8, Caption = Font.Height + 5;

    /// <summary>Weights of the first layer: (channel, y, x, kernel).</summary>
    /// <exception cref="CheckpointException">The first layer is no convolution of an RGB image.</exception>
    public static (ConvolutionLayer Layer, float[] Weights) FirstLayer(Checkpoint checkpoint, Network network) =>
        network.Layers[0] is ConvolutionLayer { Input.Channels: 3 } layer ? (layer, checkpoint.Read(layer, ParameterKind.Weights, new ChannelRange(0, layer.Output.Channels)))
            : throw new CheckpointException(checkpoint.Folder, $"network {network.Name} begins with {network.Layers[0].Name}, which is no convolution of red, green and blue");

    /// <summary>Draws the kernels. Grey is 0; each kernel is brought to full contrast by its own largest weight, or all by the largest of all.</summary>
    /// <param name="layer">The first layer.</param>
    /// <param name="weights">Its weights.</param>
    /// <param name="commonScale">One scale for all, as shownet.py of the 2012 program draws them.</param>
    public static Canvas Draw(ConvolutionLayer layer, float[] weights, bool commonScale = false)
    {
        var (size, kernels) = (layer.KernelSize, layer.Output.Channels);
        var scale = Math.Max(1, 36 / size);
        var cell = size * scale + Gap;
        var perTower = layer.Towers > 1 ? layer.TowerChannels : kernels;
        var columns = Math.Min(PerRow, perTower);
        var rows = (perTower + columns - 1) / columns;
        var towers = kernels / perTower;
        var block = Caption + rows * cell + Gap;
        var canvas = new Canvas(columns * cell + Gap, towers * block + (towers - 1) * Between);
        for (var tower = 0; tower < towers; tower++) canvas.Text(towers > 1 ? $"{layer.Name}: tower {tower}" : layer.Name, 2, tower * (block + Between) + 2, Colour.Black);
        var largest = weights.Max(Math.Abs);
        for (var kernel = 0; kernel < kernels; kernel++)
        {
            var (tower, place) = (kernel / perTower, kernel % perTower);
            var (left, top) = (Gap + place % columns * cell, Gap + tower * (block + Between) + Caption + place / columns * cell);
            var own = commonScale ? largest : Enumerable.Range(0, 3 * size * size).Max(i => Math.Abs(weights[i * kernels + kernel]));
            for (var y = 0; y < size; y++)
                for (var x = 0; x < size; x++)
                    canvas.Fill(left + x * scale, top + y * scale, scale, scale, new Colour(Level(0, y, x), Level(1, y, x), Level(2, y, x)));

            byte Level(int channel, int y, int x) =>
                own > 0 ? (byte)Math.Clamp((int)Math.Round(127.5 + 127.5 * weights[((channel * size + y) * size + x) * kernels + kernel] / own), 0, 255) : (byte)128;
        }
        return canvas;
    }
}
