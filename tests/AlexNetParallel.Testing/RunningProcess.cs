using System.Diagnostics;
using System.Globalization;

namespace AlexNetParallel.Testing;

/// <summary>Looks at processes by id and sends them signals, as a person at the shell would.</summary>
public static class RunningProcess
{
    /// <summary>True while the process runs; a zombie that nobody has waited for does not.</summary>
    public static bool IsRunning(int pid)
    {
        try
        {
            var status = File.ReadAllText($"/proc/{pid}/stat");
            return status[status.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>Waits until the process has ended; false when it still runs after the time.</summary>
    public static bool WaitUntilGone(int pid, TimeSpan time)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time; Thread.Sleep(20))
        {
            if (!IsRunning(pid)) return true;
        }
        return !IsRunning(pid);
    }

    /// <summary>How Open MPI 4 names a job in its files: hexadecimal.</summary>
    /// <param name="name">PMIX_NAMESPACE of a rank: the same in decimal.</param>
    public static string MpiJob(string name) => uint.Parse(name, CultureInfo.InvariantCulture).ToString("x", CultureInfo.InvariantCulture);

    /// <summary>Sends a signal.</summary>
    /// <param name="signal">Name, e.g. "KILL".</param>
    /// <param name="pid">Process id; negative: the process group of that number.</param>
    public static void Signal(string signal, int pid)
    {
        using var kill = Process.Start("kill", [$"-{signal}", "--", $"{pid}"]);
        kill.WaitForExit();
    }
}
