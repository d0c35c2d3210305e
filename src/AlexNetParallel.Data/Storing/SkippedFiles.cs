namespace AlexNetParallel.Data.Storing;

/// <summary>The files that could not be used, with the reason. Thread-safe.</summary>
internal sealed class SkippedFiles(Action<string>? log)
{
    private readonly SortedDictionary<string, string> reasons = new(StringComparer.Ordinal);
    private readonly HashSet<string> warned = new(StringComparer.Ordinal);

    /// <summary>All so far, in the order of their names.</summary>
    public IReadOnlyList<(string File, string Reason)> List
    {
        get
        {
            lock (reasons) return [.. reasons.Select(r => (r.Key, r.Value))];
        }
    }

    /// <summary>Notes a file; tells the log the first time.</summary>
    public void Add(string file, string reason)
    {
        lock (reasons)
        {
            if (!reasons.TryAdd(file, reason)) return;
        }
        log?.Invoke($"skipped {file}: {reason}");
    }

    /// <summary>Tells the log the first time that a file was used though something was amiss with it; nothing if <paramref name="warning"/> is null.</summary>
    public void Warn(string file, string? warning)
    {
        if (warning is null) return;
        lock (reasons)
        {
            if (!warned.Add(file)) return;
        }
        log?.Invoke($"{file} was decoded with a warning: {warning}");
    }
}
