using AlexNetParallel.Devices.Benchmarks;
using AlexNetParallel.Devices.Cpu;

namespace AlexNetParallel.Devices.Tests.Cpu;

/// <summary>What is the CPU device's own: options, memory, threads, measurements.</summary>
public sealed class CpuDeviceTests
{
    [Fact]
    public void The_description_names_width_and_threads()
    {
        using var device = new CpuDevice(new CpuOptions { VectorBits = 128, Threads = 2 });
        Assert.Equal(128, device.VectorBits);
        Assert.EndsWith(", 2 threads)", device.Description, StringComparison.Ordinal);
    }

    [Fact]
    public void A_width_that_does_not_exist_is_refused_with_those_that_do()
    {
        var error = Assert.Throws<ArgumentException>(() => new CpuDevice(new CpuOptions { VectorBits = 64 }));
        Assert.Contains("64 bits", error.Message, StringComparison.Ordinal);
        Assert.Contains("128", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => new CpuDevice(new CpuOptions { Threads = 0 }));
    }

    [Fact]
    public void Memory_is_zeroed_aligned_and_counted()
    {
        using var device = new CpuDevice();
        var large = (CpuBuffer)device.Allocate(1 << 20);
        var small = (CpuBuffer)device.Allocate(100);
        Assert.Equal((1 << 20) * 4 + 400, device.AllocatedBytes);
        Assert.Equal(0, large.Address % (2 << 20));
        Assert.Equal(0, small.Address % 64);
        var floats = new float[100];
        small.Read(floats);
        Assert.All(floats, f => Assert.Equal(0, f));
        using (var wrapped = device.Wrap(small.Address, 100))
        {
            wrapped.Write([1f, 2f], offset: 98);
            Assert.Throws<ArgumentOutOfRangeException>(() => wrapped.Write([1f, 2f], offset: 99));
        }
        small.Read(floats);
        Assert.Equal(2, floats[99]);
        small.Dispose();
        large.Dispose();
        Assert.Equal(0, device.AllocatedBytes);
        Assert.Throws<ObjectDisposedException>(() => large.Address);
    }

    [Theory, InlineData(1), InlineData(2), InlineData(5)]
    public void Each_item_is_computed_once(int threads)
    {
        using var team = new CpuTeam(threads);
        for (var round = 0; round < 200; round++)
        {
            var counts = new int[round];
            team.Run(new CountJob(counts), counts.Length);
            Assert.All(counts, c => Assert.Equal(1, c));
        }
    }

    [Fact]
    public void A_failure_on_any_thread_reaches_the_caller_and_the_team_goes_on()
    {
        using var team = new CpuTeam(3);
        Assert.Throws<InvalidTimeZoneException>(() => team.Run(new FailingJob(), 50));
        var counts = new int[20];
        team.Run(new CountJob(counts), counts.Length);
        Assert.All(counts, c => Assert.Equal(1, c));
    }

    [SkippableTheory, InlineData(512), InlineData(256), InlineData(128)]
    public void The_peak_is_plausible_and_operations_are_held_against_it(int bits)
    {
        Skip.IfNot(CpuOptions.SupportedVectorBits.Contains(bits), $"this processor has no vectors of {bits} bits");
        // A debug build on a busy machine is slow: the bound only catches a measurement of nothing.
        Assert.InRange(CpuPeak.Measure(bits), 1e8, 1e13);
        using var device = new CpuDevice(new CpuOptions { VectorBits = bits });
        var timing = new OperationBench(device, seconds: 0, repetitions: 3).Measure(() => Thread.SpinWait(1000), flop: 1);
        Assert.Equal(3, timing.Repetitions);
        Assert.InRange(timing.FractionOfPeak, double.Epsilon, 0.01);
    }

    private readonly struct CountJob(int[] counts) : ITeamJob
    {
        public void Run(int item, int thread) => Interlocked.Increment(ref counts[item]);
    }

    private readonly struct FailingJob : ITeamJob
    {
        public void Run(int item, int thread)
        {
            if (item == 30) throw new InvalidTimeZoneException("a failure that nothing else throws");
        }
    }
}
