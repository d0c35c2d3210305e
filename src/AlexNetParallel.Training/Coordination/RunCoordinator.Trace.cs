using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Coordination;

public sealed partial class RunCoordinator
{
    private RunTrace? trace;

    private void BeginTrace()
    {
        if (options.Trace is not { } range) return;
        try
        {
            trace = new RunTrace(range, options.Folder.Trace, options.Plan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidDataException($"the trace cannot be written: {e.Message}", e);
        }
        foreach (var link in links) trace.Worker(link!.Rank, link.Name);
    }

    private void EndTrace()
    {
        if (trace is null) return;
        trace.Dispose();
        observer.Log(trace.Summary());
        trace = null;
    }
}
