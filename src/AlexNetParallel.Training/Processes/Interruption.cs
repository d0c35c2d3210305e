using System.Diagnostics;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Training.Processes;

/// <summary>
/// Ctrl-C, SIGTERM and SIGHUP: the first asks for an orderly end through <see cref="Token"/>, the second ends the process at once with exit code 130.
/// Signals within a moment of the first count as the same one: some programs (GNU timeout) send theirs to the process and to its group.
/// </summary>
public sealed class Interruption : IDisposable
{
    private readonly CancellationTokenSource source = new();
    private readonly Action beforeExit;
    private readonly Action<PosixSignal>? onFirst;
    private readonly PosixSignalRegistration[] registrations;
    private static readonly TimeSpan sameSignal = TimeSpan.FromMilliseconds(300);
    private long first;

    /// <param name="onFirst">Called at the first signal, e.g. to say what happens now.</param>
    /// <param name="beforeExit">Called at the second signal: ends children, mends the terminal. Must not wait.</param>
    public Interruption(Action<PosixSignal>? onFirst, Action beforeExit)
    {
        this.onFirst = onFirst;
        this.beforeExit = beforeExit;
        registrations = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(s => PosixSignalRegistration.Create(s, Handle))];
    }

    /// <summary>Cancelled at the first signal.</summary>
    public CancellationToken Token => source.Token;

    /// <summary>Goes back to the system's handling of the signals.</summary>
    public void Dispose()
    {
        foreach (var registration in registrations) registration.Dispose();
        source.Dispose();
    }

    private void Handle(PosixSignalContext context)
    {
        context.Cancel = true;
        var before = Interlocked.CompareExchange(ref first, Stopwatch.GetTimestamp(), 0);
        if (before == 0)
        {
            onFirst?.Invoke(context.Signal);
            _ = source.CancelAsync();
            return;
        }
        if (Stopwatch.GetElapsedTime(before) < sameSignal) return;
        beforeExit();
        NativeProcess.ExitNow(ChildExit.Interrupted);
    }
}
