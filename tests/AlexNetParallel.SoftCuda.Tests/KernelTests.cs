using AlexNetParallel.Testing;
using Xunit.Abstractions;

namespace AlexNetParallel.SoftCuda.Tests;

/// <summary>
/// Every kernel by NVRTC to PTX and to machine code for sm_52, 70, 80 and 90: no spills, no local memory, registers and shared memory within the budget
/// (prove/budgets.cpp), at least 70 % FFMA and 128-bit loads only in the main loops. docs/measurements/kernels.md says what the machine code says.
/// </summary>
public sealed class KernelTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Every_kernel_is_inside_its_budget_on_every_architecture() =>
        output.WriteLine(Proof.Run("budgets", Proof.Kernels, Path.Combine(Repository.Root, "docs", "measurements", "kernels.md")));
}

/// <summary>Proof that the proofs can fail: each barrier deleted, each buffer shortened, each pointer shifted must be seen. The count is printed.</summary>
public sealed class MutationTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void Every_mutation_is_caught() => output.WriteLine(Proof.Run("mutations", Proof.Kernels, Proof.Driver));
}

/// <summary>The software device itself: faults with their place, streams and events, refused modules, memory of other devices and of other processes.</summary>
public sealed class SoftwareDeviceTests(ITestOutputHelper output)
{
    [SkippableFact]
    public void The_software_device_behaves_as_a_driver_does_and_finds_what_a_driver_does_not() => output.WriteLine(Proof.Run("driver", Proof.Driver));
}
