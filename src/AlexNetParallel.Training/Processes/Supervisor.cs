namespace AlexNetParallel.Training.Processes;

/// <summary>
/// Keeps the children of a run. None outlives it: they are ended by <see cref="StopAsync"/> in order, by <see cref="KillAll"/> at once, by the end of
/// this process through <see cref="ParentGuard"/> whatever ends it.
/// </summary>
public sealed class Supervisor : IAsyncDisposable
{
    private static readonly TimeSpan launcherGrace = TimeSpan.FromSeconds(5);

    private readonly List<ChildProcess> children = [];

    /// <summary>A supervisor without children.</summary>
    public Supervisor() => AppDomain.CurrentDomain.ProcessExit += OnProcessExit;

    /// <summary>The children started so far.</summary>
    public IReadOnlyList<ChildProcess> Children
    {
        get
        {
            lock (children) return [.. children];
        }
    }

    /// <summary>Starts a child.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public ChildProcess Start(ChildStart start)
    {
        var child = ChildProcess.Start(start);
        lock (children) children.Add(child);
        return child;
    }

    /// <summary>Waits for the children, which have been told to end, and kills those that still run when the time is over; a launcher is asked first.</summary>
    /// <param name="grace">How long to wait.</param>
    /// <returns>How each child ended, in the order in which they were started.</returns>
    public async Task<IReadOnlyList<ChildExit>> StopAsync(TimeSpan grace)
    {
        var all = Children;
        foreach (var child in all) child.ExpectExit();
        var exits = Task.WhenAll(all.Select(c => c.Exited));
        await Task.WhenAny(exits, Task.Delay(grace)).ConfigureAwait(false);
        KillAll();
        await Task.WhenAny(exits, Task.Delay(launcherGrace)).ConfigureAwait(false);
        KillAll();
        return await exits.ConfigureAwait(false);
    }

    /// <summary>Ends all children at once. May be called from any thread, signal handlers included.</summary>
    public void KillAll()
    {
        foreach (var child in Children) child.Kill();
    }

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        AppDomain.CurrentDomain.ProcessExit -= OnProcessExit;
        await StopAsync(TimeSpan.Zero).ConfigureAwait(false);
        foreach (var child in Children) child.Dispose();
    }

    private void OnProcessExit(object? sender, EventArgs e) => KillAll();
}
