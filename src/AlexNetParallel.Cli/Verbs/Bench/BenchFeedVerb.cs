using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Data.Benchmarks;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench feed`: what each stage of the data path costs on one core.</summary>
internal sealed class BenchFeedVerb : Verb
{
    private readonly RecipeArguments what = new();
    private readonly Option<int?> time = Numbers.Option("--milliseconds", "At least so long for each stage [default: 1000]", 1);

    public BenchFeedVerb() : base("feed", "Times reading, decoding and augmenting on one core, and checks that batches repeat")
    {
        foreach (var option in what.All.Append(time)) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet bench feed", "the generated images of the quickstart"),
        ("./alexnet bench feed --recipe cifar10-two-tower --data ../cifar10 --json", "CIFAR-10 as that recipe reads it"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var recipe = what.Load(context);
        var plan = Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch);
        var layout = plan.Programs[0].Tensors.First(t => t.Role == TensorRole.Image).Layout;
        var measured = FeedBenchmark.Run(recipe.Data!, recipe.Augmentation, layout, new FeedOptions { Seed = recipe.Seed, BatchSize = recipe.Batch },
            TimeSpan.FromMilliseconds(context.Get(time) ?? 1000));
        if (context.Json)
        {
            foreach (var s in measured.Stages) context.Results.Json(new { Stage = s.Name, s.Images, SecondsPerImageP50 = s.SecondsPerImage, s.ImagesPerSecond, measured.Wrong });
        }
        else
        {
            context.Results.Table(measured.Description, ["stage", ">images", ">time an image", ">images/s of one core"],
                [.. measured.Stages.Select(s => (IReadOnlyList<string>)[s.Name, Units.Count(s.Images), Units.Seconds(s.SecondsPerImage), Progress.Rate(s.ImagesPerSecond)])]);
            if (measured.Wrong > 0) context.Complain($"{measured.Wrong} values of a batch were not the same when it was made again");
        }
        return Task.FromResult(measured.Wrong == 0 ? ExitCode.Done : ExitCode.Failed);
    }
}
