namespace AlexNetParallel.Cli.Tests;

public sealed class PlanTests
{
    [Fact]
    public async Task The_net_of_2012_has_its_known_numbers()
    {
        var plan = await Command.JsonAsync("plan", "--dialect", "source", "--partition", "source");
        Assert.Equal(60_030_976, plan.GetProperty("bytes_per_step").GetInt64());
        Assert.Equal(60_965_224, plan.GetProperty("parameters").GetInt64());
        var conv3 = plan.GetProperty("layers").EnumerateArray().Single(l => l.GetProperty("name").GetString() == "conv3");
        Assert.Equal((885_120, 149_520_384), (conv3.GetProperty("parameters").GetInt64(), conv3.GetProperty("multiply_adds").GetInt64()));
        var exchange = plan.GetProperty("exchanges").EnumerateArray().First();
        Assert.Equal(("conv3", "forward", 0, 1, 11_075_584), (exchange.GetProperty("layer").GetString(), exchange.GetProperty("direction").GetString(),
            exchange.GetProperty("from").GetInt32(), exchange.GetProperty("to").GetInt32(), exchange.GetProperty("bytes").GetInt64()));
        var workers = plan.GetProperty("workers").EnumerateArray().ToList();
        Assert.Equal([0, 1], workers.Select(w => w.GetProperty("rank").GetInt32()));
        Assert.All(workers, w => Assert.True(w.GetProperty("memory_bytes").GetInt64() > 500_000_000));
        // On CUDA, with scratch memory: the paper's GPUs had 3 GB.
        Assert.All(workers, w => Assert.InRange(w.GetProperty("cuda_memory_bytes").GetInt64(), w.GetProperty("memory_bytes").GetInt64() + 1, 3L << 30));
        // 4.14 GFLOP an image, 128 images.
        Assert.Equal(plan.GetProperty("flop_per_step").GetInt64(), workers.Sum(w => w.GetProperty("flop_per_step").GetInt64()));
        Assert.Equal(529_358_143_488, plan.GetProperty("flop_per_step").GetInt64());
    }

    [Fact]
    public async Task Data_parallelism_sums_its_gradients()
    {
        var plan = await Command.JsonAsync("plan", "--dialect", "paper", "--partition", "data");
        Assert.Equal(487_721_792, plan.GetProperty("bytes_per_step").GetInt64());
    }

    [Fact]
    public async Task Programs_are_printed_on_request()
    {
        var (code, output, _) = await Command.RunAsync("plan", "--network", "quickstart", "--program");
        Assert.Equal(0, code);
        Assert.Contains("Program of worker 1", output, StringComparison.Ordinal);
        Assert.Contains("forward conv1", output, StringComparison.Ordinal);
        Assert.Contains("Exchanges of a training step", output, StringComparison.Ordinal);
    }
}
