using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>
/// Tests that any <see cref="IDevice"/> must pass. A suite is an abstract class with [SkippableTheory] methods over <see cref="Devices"/>; each kind of
/// device derives an empty class from it.
/// </summary>
public abstract class DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    /// <summary>Tolerance against double precision and other people's numbers, as a part of the largest magnitude (tests/golden/README.md).</summary>
    protected const double Tolerance = 1e-5;

    /// <summary>The variants, as theory data.</summary>
    public static TheoryData<string> Devices => [.. TVariants.Names];

    /// <summary>Batch sizes: one, a full block, one more, several blocks, and not a multiple.</summary>
    protected static int[] Batches { get; } = [1, 32, 33, 96, 70];

    /// <summary>Opens a variant.</summary>
    protected static IDevice Open(string name) => TVariants.Open(name);

    /// <summary>Calls an operation for every block by itself, or for all at once.</summary>
    protected static void InRuns(BlockRange blocks, bool single, Action<BlockRange> operation)
    {
        if (!single) operation(blocks);
        else for (var block = blocks.First; block < blocks.End; block++) operation(new BlockRange(block, 1));
    }

    /// <summary>
    /// What an operation gives on the plain variant with tensors that lie tightly, in one call, must have the same bits on another variant with tensors that lie
    /// scattered, block by block. <paramref name="compute"/> gets the device, how tensors lie, and whether to go block by block.
    /// </summary>
    protected static HostTensor SameBits(string name, string what, Func<IDevice, Placement, bool, HostTensor> compute)
    {
        using var device = Open(name);
        using var plain = TVariants.OpenPlain();
        var expected = compute(plain, Placement.Plain, false);
        var got = compute(device, Placement.Scattered, true);
        Closeness.Same(Floats(expected), Floats(got), $"{what} on {device.Description} against {plain.Description}");
        return got;
    }

    private static float[] Floats(HostTensor tensor) => [.. tensor.Values.Select(v => (float)v)];
}
