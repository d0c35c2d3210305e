using System.Diagnostics;
using System.Globalization;

namespace AlexNetParallel.Training.Processes;

/// <summary>What to start.</summary>
/// <param name="Name">What it is, for messages and for ps, e.g. "worker 1".</param>
/// <param name="Command">The program; it must call <see cref="ParentGuard.Enter"/> first thing.</param>
/// <param name="Arguments">Its arguments.</param>
public sealed record ChildStart(string Name, ProgramCommand Command, IReadOnlyList<string> Arguments)
{
    /// <summary>Environment variables besides this process's own.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>It starts and ends processes of its own: <see cref="ChildProcess.Kill"/> asks it to end (SIGTERM), and only the second time kills it.</summary>
    public bool IsLauncher { get; init; }

    /// <summary>Called for each line that the child writes to standard output or error, from any thread, one line at a time for each stream.</summary>
    public Action<string>? OnLine { get; init; }
}

/// <summary>A running child. What it writes is read all the time, so that it can never wait for a full pipe; the last lines are kept.</summary>
public sealed class ChildProcess : IDisposable
{
    private const int LinesKept = 60;
    private const int LineLimit = 2000;

    private readonly Process process;
    private readonly Action<string>? onLine;
    private readonly bool isLauncher;
    private readonly Queue<string> lines = new();
    private readonly long memoryKillsBefore = MemoryKills();
    private int stopping;
    private int asked;

    private ChildProcess(ChildStart start)
    {
        var info = new ProcessStartInfo(start.Command.File)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        foreach (var argument in start.Command.Arguments.Concat(start.Arguments)) info.ArgumentList.Add(argument);
        foreach (var (name, value) in start.Environment) info.Environment[name] = value;
        info.Environment[ParentGuard.ParentVariable] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        info.Environment[ParentGuard.NameVariable] = start.Name;
        Name = start.Name;
        onLine = start.OnLine;
        isLauncher = start.IsLauncher;
        process = Spawner.Start(info);
        Pid = process.Id;
        var streams = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError));
        Exited = WaitAsync(streams);
    }

    /// <summary>What it is, e.g. "worker 1".</summary>
    public string Name { get; }

    /// <summary>Its process id.</summary>
    public int Pid { get; }

    /// <summary>Completes when the child has ended. Never fails.</summary>
    public Task<ChildExit> Exited { get; }

    /// <summary>True from the moment on at which the child was expected to end (<see cref="ExpectExit"/>, <see cref="Kill"/>).</summary>
    public bool IsStopping => Volatile.Read(ref stopping) != 0;

    /// <summary>Starts a child.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static ChildProcess Start(ChildStart start) => new(start);

    /// <summary>Says that the child has been told to end: its end is no failure.</summary>
    public void ExpectExit() => Volatile.Write(ref stopping, 1);

    /// <summary>Ends the child at once (SIGKILL), or asks a launcher to. Does nothing when it has ended.</summary>
    public void Kill()
    {
        ExpectExit();
        try
        {
            if (!isLauncher || Interlocked.Exchange(ref asked, 1) == 1) process.Kill();
            else if (!process.HasExited) NativeProcess.Terminate(Pid);
        }
        catch (InvalidOperationException)
        {
            // It has ended.
        }
    }

    /// <summary>Kills the child if it still runs, and frees its handles.</summary>
    public void Dispose()
    {
        Kill();
        Exited.Wait(TimeSpan.FromSeconds(5));
        process.Dispose();
    }

    private async Task<ChildExit> WaitAsync(Task streams)
    {
        await process.WaitForExitAsync().ConfigureAwait(false);
        // Its last words; bounded, since a process that it started may hold the pipe open.
        await Task.WhenAny(streams, Task.Delay(TimeSpan.FromSeconds(1))).ConfigureAwait(false);
        lock (lines) return new ChildExit(Name, Pid, process.ExitCode, [.. lines], MemoryKills() > memoryKillsBefore);
    }

    private async Task ReadAsync(StreamReader reader)
    {
        await Task.Yield();
        while (await reader.ReadLineAsync().ConfigureAwait(false) is { } line)
        {
            if (line.Length > LineLimit) line = line[..LineLimit] + " …";
            lock (lines)
            {
                if (lines.Count == LinesKept) lines.Dequeue();
                lines.Enqueue(line);
            }
            onLine?.Invoke(line);
        }
    }

    // Processes that the kernel has killed for lack of memory since the machine started; 0 where it does not tell.
    private static long MemoryKills()
    {
        try
        {
            var line = File.ReadLines("/proc/vmstat").FirstOrDefault(l => l.StartsWith("oom_kill ", StringComparison.Ordinal));
            return line is null ? 0 : long.Parse(line.AsSpan(9), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}
