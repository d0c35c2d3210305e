using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Preparing;

/// <summary>
/// The random draws of augmentation. All are functions of (seed, step, position of the image in its batch): crops and mirrors take the position itself, position / 32
/// or 0, by what one draw holds for. Streams: (Crop, 0) words X and Y are the crop's row and column, (Crop, 1) word X's top bit is the
/// mirror, (Crop, 2) word X is the image's size, (ColourNoise, 0) makes z.
/// </summary>
internal static class Draws
{
    /// <summary>First row and column of the crop, each uniform over [0, room], both ends included.</summary>
    public static (int Top, int Left) Crop(DrawFor drawFor, ulong seed, long step, int position, int roomY, int roomX)
    {
        if (drawFor == DrawFor.Nothing) return (roomY / 2, roomX / 2);
        var (x, y, _, _) = Philox.Words(seed, RandomPurpose.Crop, 0, step, Unit(drawFor, position));
        return (Philox.Below(x, roomY + 1), Philox.Below(y, roomX + 1));
    }

    /// <summary>The shorter side of a training image whose size is drawn: uniform from <paramref name="smallest"/> to <paramref name="largest"/>, both included; the middle where nothing is drawn.</summary>
    public static int Side(DrawFor drawFor, ulong seed, long step, int position, int smallest, int largest) => drawFor == DrawFor.Nothing ? (smallest + largest) / 2
        : smallest + Philox.Below(Philox.Words(seed, RandomPurpose.Crop, 2, step, Unit(drawFor, position)).X, largest - smallest + 1);

    /// <summary>True with probability 0.5.</summary>
    public static bool Mirror(DrawFor drawFor, ulong seed, long step, int position) =>
        drawFor != DrawFor.Nothing && Philox.Words(seed, RandomPurpose.Crop, 1, step, Unit(drawFor, position)).X >> 31 != 0;

    /// <summary>Three N(0, 1) numbers.</summary>
    public static (double, double, double) Colour(ulong seed, long step, int position)
    {
        var (a, b, c, d) = Philox.Words(seed, RandomPurpose.ColourNoise, 0, step, position);
        var (first, second) = Philox.Normal(a, b);
        return (first, second, Philox.Normal(c, d).First);
    }

    private static int Unit(DrawFor drawFor, int position) => drawFor switch
    {
        DrawFor.Image => position,
        DrawFor.Chunk => position / CaseBlock.Cases,
        _ => 0,
    };
}
