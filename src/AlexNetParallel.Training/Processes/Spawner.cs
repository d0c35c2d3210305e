using System.Collections.Concurrent;
using System.Diagnostics;

namespace AlexNetParallel.Training.Processes;

/// <summary>
/// Starts processes from a thread that lives as long as this process. The kernel's parent-death signal is sent when the *thread* that
/// started the child ends; a thread of the pool ends when it has been idle for a while, and would take the child with it.
/// </summary>
internal static class Spawner
{
    private static readonly BlockingCollection<Action> work = [];

    static Spawner() => new Thread(Run) { IsBackground = true, Name = "process spawner" }.Start();

    /// <summary>Starts a process.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">It cannot be started.</exception>
    public static Process Start(ProcessStartInfo info)
    {
        var started = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        work.Add(() =>
        {
            try
            {
                started.SetResult(Process.Start(info)!);
            }
            catch (Exception e)
            {
                started.SetException(e);
            }
        });
        return started.Task.GetAwaiter().GetResult();
    }

    private static void Run()
    {
        foreach (var start in work.GetConsumingEnumerable()) start();
    }
}
