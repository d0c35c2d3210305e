using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Devices.Tests.Suites;

namespace AlexNetParallel.Devices.Tests.Cpu;

/// <summary>Each vector width with one thread and with two.</summary>
public sealed class CpuVariants : IDeviceVariants
{
    private static readonly Dictionary<string, CpuOptions> Variants = (
        from bits in new[] { 512, 256, 128 }
        from threads in new[] { 1, 2 }
        select new CpuOptions { VectorBits = bits, Threads = threads }).ToDictionary(o => $"{o.VectorBits} bits, {o.Threads} thread{(o.Threads == 1 ? "" : "s")}");

    /// <inheritdoc/>
    public static IReadOnlyList<string> Names { get; } = [.. Variants.Keys];

    /// <inheritdoc/>
    public static IDevice Open(string name)
    {
        var options = Variants[name];
        Skip.IfNot(CpuOptions.SupportedVectorBits.Contains(options.VectorBits!.Value), $"this processor has no vectors of {options.VectorBits} bits");
        return new CpuDevice(options);
    }

    /// <summary>The widest vectors, one thread.</summary>
    public static IDevice OpenPlain() => new CpuDevice(new CpuOptions { VectorBits = CpuOptions.SupportedVectorBits[0] });
}
