using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>A variant of a kernel: how much of the result a block of threads computes, and when it can run.</summary>
/// <param name="Name">The kernel's name.</param>
/// <param name="TileM">Rows of the result a block has.</param>
/// <param name="TileN">Columns of the result a block has.</param>
/// <param name="Threads">Threads of a block.</param>
/// <param name="Suits">Whether the registry takes it for this many rows (kernels, channels).</param>
/// <param name="Can">Whether it can run at all for them; asked where it is forced.</param>
internal sealed record CudaVariant(string Name, int TileM, int TileN, uint Threads, Func<int, bool> Suits, Func<int, bool> Can);

/// <summary>
/// The variants of each kernel that has some, best first (kernels/README.md), and which of them runs. All variants of a kernel give the same bits.
/// </summary>
internal sealed class CudaVariants(string? forced)
{
    private static readonly Func<int, bool> always = _ => true;
    private static readonly Func<int, bool> fours = m => m % 4 == 0;

    /// <summary>conv_taps.cu, by the number of rows M.</summary>
    public static readonly CudaVariant[] Taps =
    [
        new("conv_taps_128x128", 128, 4, 256, m => m % 128 == 0, fours),
        new("conv_taps_64x128", 64, 4, 128, m => m % 64 == 0 || (m % 48 != 0 && m > 96 && m % 4 == 0), fours),
        new("conv_taps_48x128", 48, 4, 96, m => m % 48 == 0, fours),
        new("conv_taps_32x128", 32, 4, 64, fours, fours),
        new("conv_taps_any", 64, 4, 128, always, always),
    ];

    /// <summary>conv_weight_gradient.cu, by the number of kernels.</summary>
    public static readonly CudaVariant[] WeightGradient =
    [
        new("conv_weight_gradient_128x128", 128, 128, 256, n => n % 128 == 0, always),
        new("conv_weight_gradient_128x64", 128, 64, 128, n => n % 64 == 0 || (n % 48 != 0 && n > 96), always),
        new("conv_weight_gradient_128x48", 128, 48, 96, n => n % 48 == 0, always),
        new("conv_weight_gradient_128x32", 128, 32, 64, always, always),
    ];

    /// <summary>gemm.cu forward, by the row length of the weights.</summary>
    public static readonly CudaVariant[] Forward = [new("sgemm_tn_64x128", 64, 128, 128, fours, fours), new("sgemm_tn_any", 64, 128, 128, always, always)];

    /// <summary>gemm.cu input gradient, by the row length of the weights.</summary>
    public static readonly CudaVariant[] InputGradient = [new("sgemm_nn_64x128", 64, 128, 128, fours, fours), new("sgemm_nn_any", 64, 128, 128, always, always)];

    /// <summary>gemm.cu weight gradient: of any size.</summary>
    public static readonly CudaVariant WeightProduct = new("sgemm_nt_64x128", 64, 128, 128, always, always);

    /// <summary>gemm.cu weight gradient with the update: of any size.</summary>
    public static readonly CudaVariant FusedUpdate = new("fc_update_64x128", 64, 128, 128, always, always);

    private readonly HashSet<string> wanted = [.. (forced ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
    private readonly Dictionary<(CudaVariant[] Registry, object Sizes), CudaVariant> chosen = [];
    private readonly List<string> used = [];

    /// <summary>Every variant there is.</summary>
    public static IEnumerable<CudaVariant> All => [.. Taps, .. WeightGradient, .. Forward, .. InputGradient];

    /// <summary>What ran, in the order of first use: "conv_taps_48x128 for …".</summary>
    public IReadOnlyCollection<string> Used => used;

    /// <summary>The variant for an operation: a forced one that can, else the first that suits.</summary>
    /// <param name="registry">The kernel's variants.</param>
    /// <param name="rows">What the choice depends on.</param>
    /// <param name="shape">The operation, for the log.</param>
    public CudaVariant Choose(CudaVariant[] registry, int rows, object shape) =>
        chosen.TryGetValue((registry, shape), out var variant) ? variant : ChooseFirst(registry, rows, shape);

    private CudaVariant ChooseFirst(CudaVariant[] registry, int rows, object shape)
    {
        CheckForced();
        var variant = Array.Find(registry, v => wanted.Contains(v.Name) && v.Can(rows)) ?? Array.Find(registry, v => v.Suits(rows))!;
        chosen.Add((registry, shape), variant);
        Tell(variant, shape);
        return variant;
    }

    /// <summary>Notes that a variant runs which the sizes alone do not decide.</summary>
    public void Tell(CudaVariant variant, object shape)
    {
        var line = shape switch
        {
            ConvolutionShape c => $"{variant.Name} for {c.InputChannels}×{c.InputHeight}×{c.InputWidth} to {c.Kernels} by {c.KernelHeight}×{c.KernelWidth}",
            FullyConnectedShape f => $"{variant.Name} for {f.Inputs} to {f.Outputs}",
            _ => $"{variant.Name} for {shape}",
        };
        if (!used.Contains(line)) used.Add(line);
    }

    private void CheckForced()
    {
        if (wanted.FirstOrDefault(name => All.All(v => v.Name != name)) is { } unknown)
            throw new CudaException($"ALEXNET_FORCE_KERNEL names {unknown}; there are {string.Join(", ", All.Select(v => v.Name))}");
    }
}
