using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Cli.Verbs.Bench;

namespace AlexNetParallel.Cli;

/// <summary>The command `alexnet`: its verbs, its help, and what becomes of wrong arguments.</summary>
internal static class CommandLine
{
    /// <summary>Prints one JSON object a line on standard output and nothing else there. Understood by every verb.</summary>
    public static Option<bool> Json { get; } = new("--json") { Description = "Print one JSON object a line on standard output, and nothing else there", Recursive = true };

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">Without the program's name.</param>
    /// <param name="output">For results.</param>
    /// <param name="error">For progress, logs and complaints.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter error)
    {
        var root = Create();
        var parsed = root.Parse(arguments.Count > 0 ? arguments : ["--help"]);
        // Ctrl-C is the verbs' own matter: a training run must end its workers in order.
        var invocation = new InvocationConfiguration { Output = output, Error = error, ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false };
        if (parsed.Action is ParseErrorAction wrong)
        {
            var command = parsed.CommandResult.Command;
            wrong.ShowHelp = false;
            invocation.Output = error;
            await parsed.InvokeAsync(invocation).ConfigureAwait(false);
            error.WriteLine($"See: {Path(command)} --help");
            return ExitCode.Usage;
        }
        if (arguments.Count > 0) return await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        invocation.Output = error;
        await parsed.InvokeAsync(invocation).ConfigureAwait(false);
        return ExitCode.Usage;
    }

    /// <summary>The whole tree of commands.</summary>
    public static RootCommand Create()
    {
        var root = new RootCommand("Trains a convolutional network split over two or more workers, as Krizhevsky, Sutskever and Hinton did in 2012.")
        {
            Json,
            new TrainVerb(),
            new CoordinatorVerb(),
            new WorkerVerb(),
            new PlanVerb(),
            new VerifyVerb(),
            new EvalVerb(),
            new PredictVerb(),
            new SimilarVerb(),
            new ShowVerb(),
            new ClaimsVerb(),
            new ImportVerb(),
            new ExportVerb(),
            BenchVerbs.Create(),
            new ExploreVerb(),
            DataVerbs.Create(),
            ClusterVerbs.Create(),
            new DoctorVerb(),
        };
        root.HelpName = "alexnet";
        ShowExamples(root);
        return root;
    }

    /// <summary>How a command is called: "alexnet bench ops".</summary>
    public static string Path(Symbol command) =>
        command.Parents.FirstOrDefault() is { } parent ? $"{Path(parent)} {command.Name}" : "alexnet";

    private static void ShowExamples(RootCommand root)
    {
        foreach (var option in root.Options.OfType<HelpOption>()) option.Action = new HelpWithExamples((HelpAction)option.Action!);
    }

    private sealed class HelpWithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = help.Invoke(parseResult);
            if (parseResult.CommandResult.Command is not Verb { Examples: { Count: > 0 } examples }) return code;
            var output = parseResult.InvocationConfiguration.Output;
            output.WriteLine("Examples:");
            foreach (var (command, does) in examples)
            {
                output.WriteLine($"  {command}");
                output.WriteLine($"      {does}");
            }
            output.WriteLine();
            return code;
        }
    }
}
