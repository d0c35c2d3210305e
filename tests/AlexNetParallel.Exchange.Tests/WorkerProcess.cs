using System.Collections.Concurrent;
using System.Diagnostics;
using AlexNetParallel.Exchange.TestWorker;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>One test worker as a process; ended with the test, whatever happens.</summary>
public sealed class WorkerProcess : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alexnet-");
    private readonly Process process;
    private readonly BlockingCollection<string> lines = [];
    private readonly ConcurrentQueue<string> errors = new();

    /// <summary>Starts it; see Program.cs of the test worker.</summary>
    public WorkerProcess(string transport, int workers, int rank, int seed, long ticks)
    {
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet")
        {
            WorkingDirectory = folder.FullName,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (object[])["exec", typeof(PlanWorker).Assembly.Location, transport, workers, rank, seed, ticks])
            start.ArgumentList.Add(argument.ToString()!);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => { if (e.Data is { } line) lines.Add(line); };
        process.ErrorDataReceived += (_, e) => { if (e.Data is { } line) errors.Enqueue(line); };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>The next line that it says, which must begin with this word; the rest of it.</summary>
    public string Expect(string word)
    {
        if (!lines.TryTake(out var line, Patience)) Assert.Fail($"no word from the worker; it said on stderr: {string.Join('\n', errors)}");
        Assert.True(line!.StartsWith(word, StringComparison.Ordinal), $"expected {word}, got: {line}\n{string.Join('\n', errors)}");
        return line[word.Length..].Trim();
    }

    /// <summary>Tells it something.</summary>
    public void Tell(string line)
    {
        process.StandardInput.WriteLine(line);
        process.StandardInput.Flush();
    }

    /// <summary>Waits for its end.</summary>
    /// <returns>Its exit code.</returns>
    public int WaitForExit()
    {
        Assert.True(process.WaitForExit(Patience), "the worker does not end");
        return process.ExitCode;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => process.Kill();

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
        folder.Delete(recursive: true);
    }
}
