using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>cluster/hosts.sh: a run on two hosts.</summary>
public sealed class HostsScriptTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    private readonly HostsScript script;

    public HostsScriptTests() => script = new HostsScript(folder);

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [SkippableFact]
    public async Task Two_hosts_come_to_the_bits_of_one()
    {
        using var hosts = TwoHosts.Create();
        var (code, lines, error) = await script.RunAsync(hosts, null, "--steps", "3", "--run", "two");
        Assert.True(code == 0, error);
        Assert.Equal(("start", "grpc", 2), (lines[0].Event(), lines[0].GetProperty("transport").GetString(), lines[0].GetProperty("workers").GetInt32()));
        Assert.Contains(lines[^1].GetProperty("exchanges").EnumerateArray(), e => e.GetProperty("layer").GetString() == "conv3" && e.GetProperty("total_bytes").GetInt64() > 0);
        var (_, one, _) = await AlexnetProcess.RunAsync(folder, "train", "--steps", "3", "--run", "one");
        Assert.Equal(one.Weights(), lines.Weights());
        // A second run finds the certificates; the key of the authority has not left.
        Assert.True(File.Exists(Path.Combine(folder, "certificates", "ca.key")));
        Assert.All(lines[0].Processes(), pid => Assert.False(RunningProcess.IsRunning(pid)));
    }

    [SkippableFact]
    public async Task When_a_worker_is_killed_the_run_ends_on_all_hosts()
    {
        using var hosts = TwoHosts.Create();
        JsonElement start = default;
        var (code, lines, _) = await script.RunAsync(hosts, line =>
        {
            if (line.Event() == "start") start = line;
            if (line.Event() == "step" && line.Step() == 3) RunningProcess.Signal("KILL", start.Processes()[1]);
        }, "--steps", "100000", "--run", "killed");
        Assert.Equal(1, code);
        Assert.Equal(("failure", 1), (lines[^1].Event(), lines[^1].GetProperty("worker").GetInt32()));
        Assert.Contains("worker 1", lines[^1].GetProperty("reason").GetString(), StringComparison.Ordinal);
        Assert.All(start.Processes(), pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(20))));
    }

    [Fact]
    public async Task Without_hosts_it_says_what_it_expects()
    {
        var (code, _, error) = await script.StartAsync([], null, "--", "--steps", "1");
        Assert.Equal(2, code);
        Assert.Contains("found no host; expected HOST or HOST=ADDRESS", error, StringComparison.Ordinal);
    }
}
