using System.Runtime.CompilerServices;

namespace AlexNetParallel.Data.Generated;

/// <summary>Everything that one generated image shows.</summary>
/// <param name="Figure">The figure that makes the class.</param>
/// <param name="Ground">Colour behind it, 0 to 1.</param>
/// <param name="Ink">Colour of the figure.</param>
/// <param name="Light">Change of brightness from left to right and from top to bottom.</param>
/// <param name="Specks">Small spots over it all.</param>
/// <param name="Noise">Strength of the noise on each value.</param>
internal sealed record Scene(Figure Figure, Colour Ground, Colour Ink, (double X, double Y) Light, IReadOnlyList<(Figure Spot, Colour Colour)> Specks, double Noise)
{
    private const double SmallestContrast = 0.9;   // sum over R, G, B of the difference between ink and ground

    /// <summary>Draws the scene's numbers.</summary>
    public static Scene Draw(Shape shape, ref WordStream words)
    {
        var figure = DrawFigure(shape, ref words);
        var ground = Colour.Draw(ref words);
        Colour ink;
        do
        {
            ink = Colour.Draw(ref words);
        }
        while (ink.Distance(ground) < SmallestContrast);
        var light = (words.Between(-0.25, 0.25), words.Between(-0.25, 0.25));
        var specks = new (Figure, Colour)[words.Below(4)];
        for (var i = 0; i < specks.Length; i++)
        {
            var spot = new Figure(Shape.Disc, words.Between(0, 32), words.Between(0, 32), words.Between(0.8, 2.2), 1, 0, 1, 0, 0, false);
            specks[i] = (spot, Colour.Draw(ref words));
        }
        return new Scene(figure, ground, ink, light, specks, words.Between(0.02, 0.08));
    }

    /// <summary>Paints planes R, G, B. Compiled well at once, with all that a pixel needs: a run of a few steps would else spend most of its time here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public unsafe void Paint(byte* planes, int side, ref WordStream words)
    {
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var colour = Ground.Mix(Ink, Figure.Cover(x + 0.5, y + 0.5));
                foreach (var (spot, spotColour) in Specks)
                {
                    if (spot.Reaches(x + 0.5, y + 0.5)) colour = colour.Mix(spotColour, spot.Cover(x + 0.5, y + 0.5));
                }
                var light = Light.X * ((x + 0.5) / side - 0.5) + Light.Y * ((y + 0.5) / side - 0.5);
                for (var c = 0; c < 3; c++)
                {
                    planes[(c * side + y) * side + x] = (byte)(255 * Math.Clamp(colour[c] + light + Noise * Bell(words.Next()), 0, 1) + 0.5);
                }
            }
        }
    }

    private static Figure DrawFigure(Shape shape, ref WordStream words)
    {
        var (x, y, radius) = (words.Between(12, 20), words.Between(12, 20), words.Between(8, 12));
        // Half-angle form: a turn of up to 20 degrees without sine or cosine, whose last bits differ between libraries.
        var t = words.Between(-0.176, 0.176);
        var (cosine, sine) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));
        return new Figure(shape, x, y, radius, cosine, sine, words.Between(5.5, 8.5), words.Between(0, 1), words.Between(0, 1), words.Below(2) == 0);
    }

    /// <summary>About N(0, 1): the sum of four bytes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static double Bell(uint word) =>
        ((word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + (word >> 24) - 510.0) / 147.8;
}

/// <summary>A colour, each part 0 to 1.</summary>
internal readonly record struct Colour(double Red, double Green, double Blue)
{
    /// <summary>Part 0, 1 or 2.</summary>
    public double this[int channel] => channel == 0 ? Red : channel == 1 ? Green : Blue;

    /// <summary>A random colour that is not near black or white.</summary>
    public static Colour Draw(ref WordStream words) => new(words.Between(0.1, 0.9), words.Between(0.1, 0.9), words.Between(0.1, 0.9));

    /// <summary>This colour with a share of another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Colour Mix(Colour other, double share) =>
        new(Red + share * (other.Red - Red), Green + share * (other.Green - Green), Blue + share * (other.Blue - Blue));

    /// <summary>Sum of the differences.</summary>
    public double Distance(Colour other) => Math.Abs(Red - other.Red) + Math.Abs(Green - other.Green) + Math.Abs(Blue - other.Blue);
}
