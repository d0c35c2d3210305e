namespace AlexNetParallel.Devices.Cpu;

/// <summary>A number of things cut into as few tiles as possible, nearly equal in width, so that none is so narrow that it would be slow.</summary>
/// <param name="total">Things.</param>
/// <param name="largest">Widest tile allowed.</param>
internal readonly struct Tiles(int total, int largest)
{
    /// <summary>Things in all tiles.</summary>
    public int Total => total;

    /// <summary>Number of tiles.</summary>
    public int Count { get; } = (total + largest - 1) / largest;

    /// <summary>First thing and width of a tile.</summary>
    public (int First, int Width) this[int tile]
    {
        get
        {
            var (each, wider) = (total / Count, total % Count);
            return (tile * each + Math.Min(tile, wider), tile < wider ? each + 1 : each);
        }
    }
}
