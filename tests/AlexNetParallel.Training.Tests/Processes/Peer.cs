using System.Diagnostics;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Training.Tests.Processes;

/// <summary>The helper program AlexNetParallel.Training.Peer, which stands beside the tests.</summary>
internal static class Peer
{
    public static ProgramCommand Command { get; } = ProgramCommand.ForAssembly(Path.Combine(AppContext.BaseDirectory, "AlexNetParallel.Training.Peer.dll"));

    /// <summary>Starts it without a supervisor, in a process group of its own, as a shell does.</summary>
    public static Process Start(IEnumerable<string> arguments, Dictionary<string, string>? environment = null)
    {
        var info = new ProcessStartInfo("setsid") { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in new[] { Command.File }.Concat(Command.Arguments).Concat(arguments)) info.ArgumentList.Add(argument);
        foreach (var (name, value) in environment ?? []) info.Environment[name] = value;
        return Process.Start(info)!;
    }
}
