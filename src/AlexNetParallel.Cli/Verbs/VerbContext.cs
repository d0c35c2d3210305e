using System.CommandLine;
using AlexNetParallel.Cli.Output;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>What a running verb works with: its arguments and where its words go.</summary>
internal sealed class VerbContext(ParseResult parsed, CancellationToken cancellation)
{
    /// <summary>True when results are JSON lines.</summary>
    public bool Json { get; } = parsed.GetValue(CommandLine.Json);

    /// <summary>Standard output: results.</summary>
    public ResultWriter Results { get; } = new(parsed.InvocationConfiguration.Output);

    /// <summary>Standard error: progress and logs.</summary>
    public TextWriter Log { get; } = parsed.InvocationConfiguration.Error;

    /// <summary>Ends the verb early.</summary>
    public CancellationToken Cancellation { get; } = cancellation;

    /// <summary>The value of an option, its default when it was not given.</summary>
    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    /// <summary>The value of an argument.</summary>
    public T Get<T>(Argument<T> argument) => parsed.GetRequiredValue(argument);

    /// <summary>True when the option stands in the command line.</summary>
    public bool IsGiven(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Says what is wrong, on standard error.</summary>
    public void Complain(string message) => Log.WriteLine($"{CommandLine.Path(parsed.CommandResult.Command)}: {message}");
}
