using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet eval`: loss and errors of trained nets, and of several together.</summary>
internal sealed class EvalVerb : Verb
{
    private readonly Argument<string[]> runs = new("RUN") { Description = "Folders of runs or checkpoints, or files that --save wrote; several are averaged too", Arity = ArgumentArity.OneOrMore };
    private readonly TrainedArguments arguments = new();
    private readonly Option<int> views = TrainedArguments.Views();
    private readonly Option<bool> dense = new("--dense") { Description = "Look at the whole image: fully connected layers as convolutions, class scores averaged over the positions" };
    private readonly Option<int[]?> scales = Numbers.ListOption("--scales", "Shorter sides to which the images are brought in turn, in place of the recipe's; the probabilities are averaged", 1, "256,384,512");
    private readonly Option<string> split = TrainedArguments.Part();
    private readonly Option<int?> limit = Numbers.Option("--limit", "Only the first so many images", 1);
    private readonly Option<string?> save = new("--save") { Description = "Write the probabilities (their mean over several runs) to this safetensors file", HelpName = "FILE" };

    public EvalVerb() : base("eval", "Measures trained nets: loss, top-1 and top-5 error, one view or several, crops or whole images, at one scale or several, alone and averaged")
    {
        Arguments.Add(runs);
        foreach (var option in arguments.All.Concat([views, dense, scales, split, limit, save])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet eval runs/quickstart", "the test images, centre view, newest checkpoint"),
        ("./alexnet eval runs/cifar10-two-tower --views 10 --save a.safetensors", "ten views, as the paper reports; probabilities are kept"),
        ("./alexnet eval runs/vgg-d --dense --views 2 --scales 256,384,512 --data /data/ilsvrc-512", "whole images and their mirror images at three scales, as the VGG paper reports"),
        ("./alexnet eval a.safetensors b.safetensors runs/third", "each, and the mean of the three"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var tables = new List<(string Name, ProbabilityTable Table)>();
        foreach (var run in context.Get(runs))
        {
            var watch = Stopwatch.StartNew();
            var isFile = File.Exists(run);
            var table = isFile ? ProbabilityTable.Load(run) : Probabilities(context, run);
            tables.Add((run, table));
            Report(context, run, table, isFile ? null : context.Get(views), watch.Elapsed.TotalSeconds);
        }
        var mean = tables.Count > 1 ? ProbabilityTable.Average(tables) : tables[0].Table;
        if (tables.Count > 1) Report(context, $"mean of {tables.Count}", mean, null, 0);
        if (context.Get(save) is { } path) mean.Save(path, new Dictionary<string, string> { ["of"] = string.Join(", ", tables.Select(t => t.Name)), ["split"] = context.Get(split)! });
        return Task.FromResult(ExitCode.Done);
    }

    private ProbabilityTable Probabilities(VerbContext context, string path)
    {
        if (context.Get(dense) && context.Get(views) == 10) throw new UsageException("found --dense with --views 10; a dense evaluation sees the whole image: expected --views 1, or 2 for its mirror image too");
        var run = TrainedRun.Find(path);
        IReadOnlyList<int?> sides = context.Get(scales) is { Length: > 0 } given ? [.. given.Select(s => (int?)s)] : [null];
        var tables = sides.Select(side => ($"scale {side}", AtScale(context, run, side))).ToList();
        return tables.Count == 1 ? tables[0].Item2 : ProbabilityTable.Average(tables);
    }

    private ProbabilityTable AtScale(VerbContext context, TrainedRun run, int? side)
    {
        using var source = arguments.Images(context, run, side);
        var part = TrainedArguments.SplitOf(context.Get(split)!);
        if (source.Count(part) == 0) throw new UsageException($"{source.Description} has no {(part == Split.Test ? "test" : "training")} images");
        using var network = arguments.Open(context, run, context.Get(dense) ? source.Size : null);
        return new Inspection(network, source, part) { Limit = context.Get(limit) }.Probabilities(TrainedArguments.ViewsOf(context.Get(views)));
    }

    private static void Report(VerbContext context, string name, ProbabilityTable table, int? views, double seconds)
    {
        var (loss, top1, top5) = table.Measure();
        if (context.Json)
            context.Results.Json(new { Event = "eval", Run = name, Views = views, table.Images, Loss = loss, Top1Error = top1, Top5Error = top5, Seconds = seconds });
        else
            context.Results.Line(string.Create(CultureInfo.InvariantCulture,
                $"{name}: loss {loss:F4}  top-1 error {100 * top1:F2} %  top-5 error {100 * top5:F2} %  ({Units.Count(table.Images)} images{(views is { } v ? $", {v} {(v == 1 ? "view" : "views")}, {Units.Seconds(seconds)}" : "")})"));
    }
}
