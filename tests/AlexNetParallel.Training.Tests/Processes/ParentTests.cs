using System.Diagnostics;
using System.Globalization;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Training.Tests.Processes;

/// <summary>What becomes of the children when something happens to the parent; the parent is a real process in a process group of its own.</summary>
public sealed class ParentTests : IDisposable
{
    private static readonly TimeSpan soon = TimeSpan.FromSeconds(30);
    private readonly List<int> children = [];
    private Process? parent;

    [Fact]
    public void Children_end_with_a_killed_parent()
    {
        StartParent("ORDERLY");
        RunningProcess.Signal("KILL", parent!.Id);
        Assert.All(children, pid => Assert.True(RunningProcess.WaitUntilGone(pid, soon), $"{pid} still runs"));
    }

    [Fact]
    public void Children_that_are_stopped_end_with_a_killed_parent()
    {
        StartParent("ORDERLY");
        foreach (var pid in children) RunningProcess.Signal("STOP", pid);
        RunningProcess.Signal("KILL", parent!.Id);
        Assert.All(children, pid => Assert.True(RunningProcess.WaitUntilGone(pid, soon), $"{pid} still runs"));
    }

    [Theory]
    [InlineData("INT")]
    [InlineData("HUP")]
    public void Control_C_leaves_the_children_to_the_parent(string signal)
    {
        StartParent("ORDERLY");
        RunningProcess.Signal(signal, -parent!.Id);
        Assert.Equal("running 2", parent.StandardOutput.ReadLine());
        Assert.True(parent.WaitForExit(soon));
        Assert.Equal(130, parent.ExitCode);
        Assert.All(children, pid => Assert.False(RunningProcess.IsRunning(pid)));
    }

    [Fact]
    public void A_second_Control_C_ends_all_at_once()
    {
        StartParent("STUCK");
        RunningProcess.Signal("INT", -parent!.Id);
        Assert.Equal("running 2", parent.StandardOutput.ReadLine());
        RunningProcess.Signal("INT", -parent.Id);
        Assert.True(parent.WaitForExit(soon));
        Assert.Equal(130, parent.ExitCode);
        Assert.All(children, pid => Assert.True(RunningProcess.WaitUntilGone(pid, soon), $"{pid} still runs"));
    }

    public void Dispose()
    {
        if (parent is null) return;
        RunningProcess.Signal("KILL", -parent.Id);
        parent.WaitForExit();
        parent.Dispose();
    }

    private void StartParent(string manner)
    {
        parent = Peer.Start(["parent", manner, "sleep"]);
        while (parent.StandardOutput.ReadLine() is { } line && line != "ready")
            children.Add(int.Parse(line.AsSpan("child ".Length), CultureInfo.InvariantCulture));
        Assert.Equal(2, children.Count);
    }
}
