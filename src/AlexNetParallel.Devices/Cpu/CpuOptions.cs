using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace AlexNetParallel.Devices.Cpu;

/// <summary>How a <see cref="CpuDevice"/> computes.</summary>
public sealed record CpuOptions
{
    /// <summary>Environment variable that forces the vectors' width: 512, 256 or 128.</summary>
    public const string VectorVariable = "ALEXNET_VECTOR";

    /// <summary>Threads that compute, the caller's included. 1 where each core has a worker of its own.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Bits of a vector: 512, 256 or 128; null for the variable <see cref="VectorVariable"/> or else the widest that this processor has.</summary>
    public int? VectorBits { get; init; }

    /// <summary>The widths that this processor computes in, widest first.</summary>
    public static IReadOnlyList<int> SupportedVectorBits { get; } =
    [
        .. new[] { 512, 256, 128 }.Where(bits => bits switch
        {
            512 => Avx512F.IsSupported,
            256 => Avx2.IsSupported && Fma.IsSupported,
            _ => true,
        }),
    ];

    /// <summary>The width that is used.</summary>
    /// <exception cref="ArgumentException">A width was asked for that this processor has not, or that does not exist.</exception>
    internal int ChooseVectorBits()
    {
        var (asked, where) = (VectorBits?.ToString(), "the option VectorBits");
        if (asked is null) (asked, where) = (Environment.GetEnvironmentVariable(VectorVariable), $"the environment variable {VectorVariable}");
        if (string.IsNullOrWhiteSpace(asked)) return Vector512.IsHardwareAccelerated ? SupportedVectorBits[0] : SupportedVectorBits.First(b => b < 512);
        if (int.TryParse(asked, out var bits) && SupportedVectorBits.Contains(bits)) return bits;
        throw new ArgumentException($"{where} asks for vectors of {asked} bits; this processor has {string.Join(", ", SupportedVectorBits)}");
    }

    /// <summary>The instruction set's name, for people.</summary>
    internal static string NameOf(int vectorBits) => vectorBits switch
    {
        512 => "AVX-512",
        256 => "AVX2",
        _ => AdvSimd.IsSupported ? "AdvSIMD" : Fma.IsSupported ? "128-bit FMA" : "SSE2",
    };
}
