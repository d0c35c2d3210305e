using System.Diagnostics;
using System.Runtime.InteropServices;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Runs;
using Spectre.Console;

namespace AlexNetParallel.Cli.Output;

/// <summary>
/// Shows how a run goes: JSON lines on standard output where asked for, otherwise tables at the end; progress on standard error, live on a terminal and as plain
/// lines elsewhere.
/// </summary>
internal sealed class RunDisplay : IRunObserver, IDisposable
{
    private static readonly TimeSpan betweenLines = TimeSpan.FromSeconds(5);

    private readonly VerbContext context;
    private readonly LiveProgress? live;
    private readonly Lock gate = new();
    private RunStarted? start;
    private RunDone? done;
    private RunFailed? failed;
    private CheckpointDone? checkpoint;
    private long lastLine;

    public RunDisplay(VerbContext context)
    {
        this.context = context;
        var output = new AnsiConsoleOutput(context.Log);
        if (output.IsTerminal) live = new LiveProgress(AnsiConsole.Create(new AnsiConsoleSettings { Out = output }));
    }

    /// <inheritdoc/>
    public void On(RunEvent happened)
    {
        if (context.Json) context.Results.Json(happened);
        switch (happened)
        {
            case RunStarted e:
                start = e;
                Log(Progress.Start(e));
                live?.Begin(e);
                break;
            case StepDone e when live is not null:
                live.Step(e);
                break;
            case StepDone e:
                if (e.Step != start!.Steps && lastLine != 0 && Stopwatch.GetElapsedTime(lastLine) < betweenLines) break;
                lastLine = Stopwatch.GetTimestamp();
                Log(Progress.Step(e, start!));
                break;
            case TestDone e:
                live?.Test(e);
                Log(Progress.Test(e));
                break;
            case CheckpointDone e:
                checkpoint = e;
                break;
            case RunDone e:
                done = e;
                live?.End();
                break;
            case RunFailed e:
                failed = e;
                live?.End();
                break;
        }
    }

    /// <inheritdoc/>
    public void Log(string line)
    {
        lock (gate)
        {
            if (live is not null) live.Line(line);
            else context.Log.WriteLine(line);
        }
    }

    /// <summary>Says what a first Ctrl-C does.</summary>
    public void TellInterruption(PosixSignal signal) =>
        Log($"{signal}: the run ends after the steps that are under way, with a checkpoint. Once more ends it at once.");

    /// <summary>Makes the cursor visible again.</summary>
    public void RestoreTerminal()
    {
        if (live is not null) context.Log.Write("\e[?25h\n");
    }

    /// <summary>The last words: what crossed for each layer, and where the files are; or what went wrong.</summary>
    public void End(RunFolder folder, RunOutcome outcome, string resume)
    {
        live?.End();
        if (failed is not null) context.Log.Write(FailureFile.Describe(failed));
        else if (outcome == RunOutcome.Interrupted) Log(done is null ? "Interrupted before training began." : $"Interrupted after step {done.Step}. To go on: {resume}");
        if (done is not null && !context.Json) RunSummary.Print(context.Results, start!, done, checkpoint, folder);
    }

    /// <inheritdoc/>
    public void Dispose() => live?.End();
}
