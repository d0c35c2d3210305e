using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Model.Files;
using AlexNetParallel.Training.Claims;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet claims`: the paper's claims, and how runs of one's own compare.</summary>
internal sealed class ClaimsVerb : Verb
{
    private readonly Argument<string[]> runs = new("RUN") { Description = "Runs to measure: epochs to a training error", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<double> error = new("--error") { Description = "The training error to come to", HelpName = "PART", DefaultValueFactory = _ => 0.25 };

    public ClaimsVerb() : base("claims", "Prints the paper's claims with what repeats them, or how many epochs runs need to a training error (figure 1)")
    {
        Arguments.Add(runs);
        Options.Add(error);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet claims", "the table; docs/claims.md has what was measured"),
        ("./alexnet claims runs/relu-1 runs/relu-2 runs/tanh-1 runs/tanh-2", "epochs to 25 % training error of each run"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        if (context.Get(runs).Length > 0) return Task.FromResult(Measure(context));
        var path = RecipeFolder.Root is { } root ? Path.Combine(root, "claims", "claims.yaml") : throw new UsageException("found no folder 'recipes' beside the program or above it");
        foreach (var c in Claim.Read(path))
        {
            if (context.Json)
            {
                context.Results.Json(c);
                continue;
            }
            context.Results.Line($"{c.Id}: {c.Text} ({c.Paper})");
            context.Results.Line($"    recorded   {c.Recorded}  [{c.Source}]");
            context.Results.Line($"    full size  {c.Full}");
            context.Results.Line($"    in small   {c.Proxy}{(c.Better.Length > 0 ? $" ({c.Better} against {c.Worse})" : "")}: {c.Verdict}");
        }
        return Task.FromResult(ExitCode.Done);
    }

    private int Measure(VerbContext context)
    {
        var level = context.Get(error);
        if (level is not (> 0 and < 1)) throw new UsageException($"found --error {level.ToString(CultureInfo.InvariantCulture)}; expected a part between 0 and 1");
        foreach (var run in context.Get(runs))
        {
            var folder = new RunFolder(run);
            if (!File.Exists(folder.Metrics)) throw new UsageException($"found no {folder.Metrics}; expected the folder of a run");
            var errors = TrainingError.ByEpoch(folder);
            var epochs = TrainingError.EpochsTo(errors, level);
            if (context.Json) context.Results.Json(new { Run = run, Error = level, Epochs = epochs, ErrorByEpoch = errors });
            else context.Results.Line(epochs is { } e
                ? string.Create(CultureInfo.InvariantCulture, $"{run}: {e:F2} epochs to {100 * level:F0} % training error")
                : string.Create(CultureInfo.InvariantCulture, $"{run}: not come to {100 * level:F0} % training error in {errors.Count} epochs{(errors.Count > 0 ? $" (last: {100 * errors[^1]:F1} %)" : "")}"));
        }
        return ExitCode.Done;
    }
}
