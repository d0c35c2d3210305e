using System.Runtime.CompilerServices;
using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Testing;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Tests.Engine;

/// <summary>The engine on CUDA devices: split = whole, agreement with the CPU, planned memory = allocated memory, times.</summary>
public sealed class CudaEngineTests(Xunit.Abstractions.ITestOutputHelper output)
{
    private const long ThreeGigabytes = 3L << 30;

    [ModuleInitializer]
    internal static void GiveSoftwareDevicesThreeGigabytes() => SoftCudaSettings.Set("SOFTCUDA_MEMORY", "3G");

    private static IDevice Device(int rank) => TestedCuda.Open(ordinal: rank % DeviceCount());

    private static int DeviceCount()
    {
        _ = TestedCuda.Driver;
        return CudaDriver.DeviceCount;
    }

    [SkippableTheory]
    [InlineData("quickstart", "source", 2, 37)]
    [InlineData("quickstart-four-three", "paper", 2, 32)]
    public void Workers_by_towers_give_the_bits_of_one_worker(string network, string partition, int workers, int batch) =>
        SplitTests.AssertSame(SplitTests.Train(network, partition, 1, batch, device: Device), SplitTests.Train(network, partition, workers, batch, device: Device));

    [SkippableFact]
    public void Two_workers_on_one_device_give_the_bits_of_two_devices() => SplitTests.AssertSame(
        SplitTests.Train("quickstart", "paper", 2, 32, device: Device), SplitTests.Train("quickstart", "paper", 2, 32, device: _ => TestedCuda.Open()));

    [SkippableFact]
    public void Data_parallelism_repeats_itself_exactly() => SplitTests.AssertSame(
        SplitTests.Train("quickstart", "data", 2, 64, device: Device), SplitTests.Train("quickstart", "data", 2, 64, device: Device));

    [SkippableFact]
    public void A_frozen_bottom_is_left_alone() => SplitTests.AssertSame(
        SplitTests.Train("quickstart", "paper", 1, 32, frozenBelow: 1, device: Device), SplitTests.Train("quickstart", "paper", 2, 32, frozenBelow: 1, device: Device));

    /// <summary>Both devices sum in float32, in different orders: four steps drift apart by rounding only.</summary>
    [SkippableFact]
    public void The_weights_agree_with_the_CPUs_within_rounding()
    {
        var cpu = SplitTests.Train("quickstart", "paper", 1, 32);
        foreach (var (name, values) in SplitTests.Train("quickstart", "paper", 1, 32, device: Device)) Closeness.Close(cpu[name], values, 1e-3, name);
    }

    [SkippableTheory]
    [InlineData("quickstart", "paper", 2, 64, false)]
    [InlineData("quickstart", "data", 2, 64, false)]
    [InlineData("quickstart", "source", 2, 128, true)]
    public void Allocated_memory_is_the_planned_memory(string network, string partition, int workers, int batch, bool cublas)
    {
        _ = TestedCuda.Driver;
        var plan = Plan.Compile(NetworkFile.Load(network), PartitionFile.Load(partition), workers, batch);
        using var group = new LocalWorkers(plan, rank => TestedCuda.Open(cublas, ordinal: rank % DeviceCount()), seed: 7);
        Check("before the first step");
        Run(group, plan, batch);
        Check("after a step");

        void Check(string when)
        {
            foreach (var engine in group.Engines)
            {
                var device = (CudaDevice)engine.Device;
                var planned = device.PlanMemory(engine.Program);
                Assert.True(planned.Bytes == device.AllocatedBytes, $"worker {engine.Rank}, {when}: planned {planned.Bytes:N0} bytes, allocated {device.AllocatedBytes:N0}");
            }
        }
    }

    /// <summary>The paper's GPUs had 3 GB each, and so have the software devices of this process: both workers are built there, all their memory is taken.</summary>
    [SkippableTheory]
    [InlineData("paper")]
    [InlineData("source")]
    public void The_papers_net_at_batch_128_fits_into_3_GB_on_each_of_two_devices(string dialect)
    {
        var plan = Plan.Compile(NetworkFile.Load("alexnet-2012", dialect), PartitionFile.Load(dialect), 2, 128);
        foreach (var program in plan.Programs)
        {
            var memory = new CudaMemoryPlan(program, cublas: false);
            output.WriteLine($"worker {program.Rank}: {memory.Bytes:N0} bytes: tensors {memory.TensorBytes:N0}, parameters {memory.ParameterBytes:N0}, scratch {memory.ScratchBytes:N0}");
            Assert.InRange(memory.Bytes, 500L << 20, ThreeGigabytes);
        }
        _ = TestedCuda.Driver;
        using var group = new LocalWorkers(plan, Device, seed: 7);
        foreach (var engine in group.Engines)
        {
            var device = (CudaDevice)engine.Device;
            output.WriteLine($"worker {engine.Rank}: {device.AllocatedBytes:N0} bytes allocated of the {device.Info.MemoryBytes:N0} of {device.Info.Name}");
            Assert.Equal(device.PlanMemory(engine.Program).Bytes, device.AllocatedBytes);
            if (TestedCuda.Driver == CudaDriverKind.Soft) Assert.Equal(ThreeGigabytes, device.Info.MemoryBytes);
        }
    }

    [SkippableFact]
    public void Every_step_is_timed_by_the_device()
    {
        var plan = Plan.Compile(NetworkFile.Load("quickstart"), PartitionFile.Load("paper"), 2, 64);
        using var group = new LocalWorkers(plan, Device, seed: 7);
        Run(group, plan, 64);
        foreach (var engine in group.Engines)
            foreach (var (instruction, seconds) in engine.Times.Where(t => t.Instruction is ForwardInstruction or InputGradientInstruction or WeightGradientInstruction))
                Assert.True(seconds > 0, $"{instruction} took {seconds} s");
    }

    private static void Run(LocalWorkers group, Plan plan, int batch)
    {
        using var host = new CpuDevice();
        using var images = host.Allocate(group.Engines[0].ImageLayout!.Size);
        UpdateRule[] rates = [.. plan.Network.Layers.Select(_ => new UpdateRule(0.01f, 0.02f, 0.9f, 0.0005f, batch))];
        group.Run(Split.Train, 1, images, new int[batch], rates);
    }
}
