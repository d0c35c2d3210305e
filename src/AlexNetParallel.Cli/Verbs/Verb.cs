using System.CommandLine;
using AlexNetParallel.Data;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>A verb of the program: its options, its examples, and what it does.</summary>
internal abstract class Verb : Command
{
    /// <param name="name">As it is typed.</param>
    /// <param name="description">One sentence for the help.</param>
    protected Verb(string name, string description) : base(name, description) =>
        SetAction((parsed, cancellation) => GuardAsync(new VerbContext(parsed, cancellation)));

    /// <summary>Command lines with what they do, for the help.</summary>
    public abstract IReadOnlyList<(string Command, string Does)> Examples { get; }

    /// <summary>Does it.</summary>
    /// <returns>The exit code.</returns>
    protected abstract Task<int> RunAsync(VerbContext context);

    private async Task<int> GuardAsync(VerbContext context)
    {
        try
        {
            return await RunAsync(context).ConfigureAwait(false);
        }
        catch (Exception e) when (e is UsageException or RecipeException or PlanException or CheckpointException or DataSetException)
        {
            context.Complain(e.Message);
            return ExitCode.Usage;
        }
        catch (Exception e) when (e is CudaException or BenchException or MpiException)
        {
            context.Complain(e.Message);
            return ExitCode.Failed;
        }
        catch (OperationCanceledException)
        {
            context.Complain("interrupted");
            return ExitCode.Interrupted;
        }
        catch (Exception e)
        {
            // Not foreseen: whoever mends it needs all of it.
            context.Complain(e.ToString());
            return ExitCode.Failed;
        }
    }
}
