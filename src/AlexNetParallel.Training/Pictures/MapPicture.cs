using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Pictures;

/// <summary>The kernel maps of a layer for one image, each from its smallest to its largest value (black where all are one), tower 0 above tower 1.</summary>
public static class MapPicture
{
    private const int PerRow = 16, Gap = 1, Between = 8, Caption = Font.Height + 5;

    /// <summary>Draws them.</summary>
    /// <param name="layer">The layer.</param>
    /// <param name="values">(channel, y, x).</param>
    public static Canvas Draw(Layer layer, ReadOnlySpan<float> values)
    {
        var size = layer.Output;
        var scale = Math.Max(1, 48 / Math.Max(size.Width, size.Height));
        var (cellWidth, cellHeight) = (size.Width * scale + Gap, size.Height * scale + Gap);
        var (perTower, towers) = (layer.TowerChannels, layer.Towers);
        var rows = (perTower + PerRow - 1) / PerRow;
        var block = Caption + rows * cellHeight + Gap;
        var canvas = new Canvas(PerRow * cellWidth + Gap, towers * block + (towers - 1) * Between);
        for (var tower = 0; tower < towers; tower++) canvas.Text(towers > 1 ? $"{layer.Name}: tower {tower}" : layer.Name, 2, tower * (block + Between) + 2, Colour.Black);
        for (var channel = 0; channel < size.Channels; channel++)
        {
            var map = values.Slice(channel * size.Pixels, size.Pixels);
            var (least, most) = (float.MaxValue, float.MinValue);
            foreach (var v in map) (least, most) = (Math.Min(least, v), Math.Max(most, v));
            var (tower, place) = (channel / perTower, channel % perTower);
            var (left, top) = (Gap + place % PerRow * cellWidth, Gap + tower * (block + Between) + Caption + place / PerRow * cellHeight);
            for (var i = 0; i < map.Length; i++)
            {
                var level = most > least ? (byte)Math.Round(255 * (map[i] - least) / (most - least)) : (byte)0;
                canvas.Fill(left + i % size.Width * scale, top + i / size.Width * scale, scale, scale, new Colour(level, level, level));
            }
        }
        return canvas;
    }
}
