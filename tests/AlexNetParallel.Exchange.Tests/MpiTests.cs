using System.Diagnostics;
using System.Globalization;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Exchange.TestWorker;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>The MPI transport: between the ranks of jobs that mpirun starts, since no process can be two ranks. What the ranks do and check is in <see cref="MpiRanks"/>.</summary>
public sealed class MpiTests
{
    private static readonly TimeSpan patience = TimeSpan.FromMinutes(3);

    [SkippableTheory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Ranks_keep_the_contract_of_transports(int ranks)
    {
        var (code, lines) = await RunAsync(ranks, null, "contract");
        Assert.True(code == 0, string.Join('\n', lines));
        Assert.Equal(ranks, lines.Count(l => l == "done"));
        Assert.Empty(SharedFiles(lines));
    }

    [SkippableFact]
    public async Task A_rank_that_fails_tells_the_others_why_and_ends_the_job()
    {
        var (code, lines) = await RunAsync(2, null, "until", "50");
        Assert.NotEqual(0, code);
        Assert.Contains("failed InvalidDataException: out of memory", lines);
        Assert.Contains(lines, l => l.StartsWith("failed ExchangeException: worker 0 has left (out of memory), at slab ", StringComparison.Ordinal));
    }

    [SkippableFact]
    public async Task A_killed_rank_ends_the_job_and_leaves_nothing()
    {
        var processes = new List<int>();
        var (code, lines) = await RunAsync(2, line =>
        {
            if (line.Split(' ') is not ["worker", _, "pid", var pid]) return;
            processes.Add(int.Parse(pid, CultureInfo.InvariantCulture));
            if (processes.Count == 2) RunningProcess.Signal("KILL", processes[1]);
        }, "until", "0");
        Assert.NotEqual(0, code);
        Assert.Contains(lines, l => l.Contains("exited on signal 9", StringComparison.Ordinal));
        Assert.Equal(2, processes.Count);
        Assert.All(processes, pid => Assert.True(RunningProcess.WaitUntilGone(pid, TimeSpan.FromSeconds(20)), $"{pid} still runs"));
        Assert.Empty(SharedFiles(lines));
    }

    [SkippableFact]
    public async Task A_worker_that_no_launcher_started_is_told_how_to_start_it()
    {
        Skip.If(Environment.GetEnvironmentVariable("PMIX_RANK") is not null, "the tests themselves run under a launcher of MPI jobs");
        using var transport = new MpiTransport(1, 2);
        var error = await Assert.ThrowsAsync<MpiException>(() => transport.ListenAsync(CancellationToken.None));
        Assert.Contains("mpirun -n 2", error.Message, StringComparison.Ordinal);
        Assert.Equal("", error.Call);
    }

    [Theory]
    [InlineData(1, 32767)]
    [InlineData(7, int.MaxValue)]
    [InlineData(4000, 32767)]
    public void Tags_tell_slab_and_tick_apart(int slabs, int limit)
    {
        var tags = new MpiTags(slabs, limit);
        var seen = new HashSet<int> { MpiTags.Word };
        foreach (var tick in (long[])[1, 2, tags.Cycle - 1, tags.Cycle])
        {
            foreach (var index in (int[])[.. new[] { 0, slabs / 2, slabs - 1 }.Distinct()])
            {
                foreach (var isNotice in (bool[])[true, false])
                {
                    var tag = tags.Encode(index, tick, isNotice);
                    Assert.InRange(tag, 1, limit);
                    Assert.True(seen.Add(tag) || tick > 2 && tags.Cycle <= 4, $"tag {tag} means two things");
                    var (i, t, n) = tags.Decode(tag);
                    Assert.Equal((index, isNotice), (i, n));
                    Assert.Equal(tick, tags.Tick(t, tick));
                    Assert.Equal(tick, tags.Tick(t, tick - 1));
                }
            }
        }
        // Ticks go on for ever: the same tag again, and the tick is known from the one before.
        var later = 5_000_000_000L;
        Assert.Equal(later, tags.Tick(tags.Decode(tags.Encode(0, later, isNotice: false)).Tick, later - 2));
    }

    [Fact]
    public void Too_many_slabs_for_the_tags_are_refused() =>
        Assert.Contains("tags up to 32767", Assert.Throws<ArgumentException>(() => new MpiTags(5000, 32767)).Message, StringComparison.Ordinal);

    /// <summary>What the job has left; others may run jobs of their own.</summary>
    private static string[] SharedFiles(IEnumerable<string> lines)
    {
        var job = lines.First(l => l.StartsWith("job ", StringComparison.Ordinal))["job ".Length..];
        return Directory.GetFileSystemEntries("/dev/shm", $"*{RunningProcess.MpiJob(job)}*");
    }

    /// <summary>Runs test workers as the ranks of a job to its end.</summary>
    private static async Task<(int Code, IReadOnlyList<string> Lines)> RunAsync(int ranks, Action<string>? onLine, params string[] arguments)
    {
        Skip.IfNot(File.Exists("/usr/bin/mpirun"), "needs Open MPI's mpirun (Debian's openmpi-bin), which is not installed");
        var info = new ProcessStartInfo("mpirun")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in (string[])["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"]) info.Environment[name] = "1";
        info.Environment["TERM"] = "dumb";
        foreach (var word in (object[])["-n", ranks, "--oversubscribe", "--bind-to", "none", Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", "exec", typeof(MpiRanks).Assembly.Location, "mpi", .. arguments])
            info.ArgumentList.Add(Convert.ToString(word, CultureInfo.InvariantCulture)!);
        using var process = Process.Start(info)!;
        var lines = new List<string>();
        try
        {
            await Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError), process.WaitForExitAsync()).WaitAsync(patience);
            return (process.ExitCode, lines);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }

        async Task ReadAsync(StreamReader reader)
        {
            while (await reader.ReadLineAsync() is { } line)
            {
                lock (lines)
                {
                    lines.Add(line);
                    onLine?.Invoke(line);
                }
            }
        }
    }
}
