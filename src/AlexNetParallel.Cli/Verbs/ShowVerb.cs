using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Data;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Inference;
using AlexNetParallel.Training.Pictures;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet show`: pictures of a run.</summary>
internal sealed class ShowVerb : Verb
{
    private readonly TrainedArguments arguments = new();
    private readonly Argument<string[]> more = new("WITH") { Description = "curves and training-error: other runs to draw with it; maps: one picture", Arity = ArgumentArity.ZeroOrMore };
    private readonly Option<string> what = new("--what") { Description = "run: kernels, curves and colours, which need no images; or one picture", HelpName = "run|kernels|curves|training-error|colours|maps|predictions|confusion", DefaultValueFactory = _ => "run" };
    private readonly Option<string?> layer = new("--layer") { Description = "maps: the layer [default: the first]", HelpName = "NAME" };
    private readonly Option<int?> count = Numbers.Option("--count", "predictions: number of images [default: 8]", 1);
    private readonly Option<bool> errors = new("--only-errors") { Description = "predictions: images whose first guess is wrong" };
    private readonly Option<bool> common = new("--common-scale") { Description = "kernels: one scale for all" };
    private readonly Option<string?> output = new("--output") { Description = "The PNG file [default: pictures/ in the run's folder]", HelpName = "FILE" };

    public ShowVerb() : base("show", "Draws kernels, curves, feature maps, predictions, confusion and the towers' colours as PNG files")
    {
        what.AcceptOnlyFromAmong("run", "kernels", "curves", "training-error", "colours", "maps", "predictions", "confusion");
        Arguments.Add(arguments.Run);
        Arguments.Add(more);
        foreach (var option in arguments.All.Concat([what, layer, count, errors, common, output])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet show runs/quickstart", "kernels and curves, into runs/quickstart/pictures"),
        ("./alexnet show runs/one runs/other --what curves --output both.png", "two runs in one picture"),
        ("./alexnet show runs/relu runs/tanh --what training-error --output figure1.png", "means of epochs only, as in the paper's figure 1"),
        ("./alexnet show runs/cifar10-two-tower cat.jpg --what maps --layer conv2", "what the kernels of conv2 make of a picture"),
        ("./alexnet show runs/cifar10-two-tower --what predictions --only-errors", "eight test images with their five best classes"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        try
        {
            var written = context.Get(what) switch
            {
                "run" => Run(context),
                "curves" => Curves(context),
                "training-error" => Save(context, Folders(context)[0], TrainingErrorPicture.Draw(Folders(context))),
                "kernels" or "colours" => FromCheckpoints(context),
                _ => FromImages(context),
            };
            foreach (var path in written)
            {
                if (context.Json) context.Results.Json(new { Picture = Path.GetFullPath(path) });
                else context.Results.Line(Path.GetRelativePath(Environment.CurrentDirectory, path));
            }
            return Task.FromResult(ExitCode.Done);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException(e.Message);
        }
    }

    private IReadOnlyList<string> Run(VerbContext context)
    {
        if (context.IsGiven(output)) throw new UsageException("found --output with several pictures; expected --what too");
        var run = TrainedRun.Find(context.Get(arguments.Run));
        var pictures = new RunPictures(run.Folder, run.Recipe);
        TellColours(context, pictures.Colours());
        return pictures.Write();
    }

    private IReadOnlyList<string> Curves(VerbContext context) => Save(context, Folders(context)[0], RunCurves.Draw([.. Folders(context).Select(RunCurves.Read)]));

    private List<RunFolder> Folders(VerbContext context) => [.. context.Get(more).Prepend(context.Get(arguments.Run)).Select(r => new RunFolder(r))];

    private IReadOnlyList<string> FromCheckpoints(VerbContext context)
    {
        var run = TrainedRun.Find(context.Get(arguments.Run));
        if (context.Get(what) == "colours")
        {
            var colours = new RunPictures(run.Folder, run.Recipe).Colours();
            if (colours.Count == 0) throw new UsageException($"the first layer of network {run.Recipe.Network.Name} is no convolution of red, green and blue");
            TellColours(context, colours);
            return Save(context, run.Folder, RunPictures.DrawColours(colours));
        }
        using var checkpoint = Training.Checkpoints.Checkpoint.Open(run.Checkpoint);
        var (layer, weights) = KernelPicture.FirstLayer(checkpoint, run.Recipe.Network);
        return Save(context, run.Folder, KernelPicture.Draw(layer, weights, context.Get(common)));
    }

    private static void TellColours(VerbContext context, IReadOnlyList<(long Step, double[] Towers)> colours)
    {
        foreach (var (step, towers) in colours)
        {
            if (context.Json) context.Results.Json(new { Step = step, ColourShares = towers, Specialisation = ColourShare.Score(towers) });
            else context.Results.Line(string.Create(CultureInfo.InvariantCulture,
                $"step {step}: colour share of {string.Join(", ", towers.Select((s, t) => $"tower {t} {s.ToString("F3", CultureInfo.InvariantCulture)}"))} (random weights {ColourShare.OfRandomWeights:F3}); specialisation {ColourShare.Score(towers):F3}"));
        }
    }

    private unsafe IReadOnlyList<string> FromImages(VerbContext context)
    {
        using var network = arguments.Open(context, context.Get(arguments.Run));
        using var source = arguments.Images(context, network.Run);
        if (context.Get(what) == "maps")
        {
            if (context.Get(more) is not [var picture]) throw new UsageException($"found {context.Get(more).Length} pictures; expected one: alexnet show RUN PICTURE --what maps");
            var shown = context.Get(layer) is not { } name ? network.Network.Layers[0]
                : network.Network.Layers.FirstOrDefault(l => l.Name == name) ?? throw new UsageException($"network {network.Network.Name} has no layer '{name}'; it has {string.Join(", ", network.Network.Layers.Select(l => l.Name))}");
            source.FillPictures([picture], View.Centre, network.ImageLayout, network.Images(0));
            network.Forward(0, new int[1]);
            return Save(context, network.Run.Folder, MapPicture.Draw(shown, network.Output(shown, 1)), $"maps-{shown.Name}");
        }
        var table = new Inspection(network, source, Split.Test).Probabilities(View.One);
        return context.Get(what) == "confusion"
            ? Save(context, network.Run.Folder, ConfusionPicture.Draw(table.Confusion(), [.. Enumerable.Range(0, table.Classes).Select(c => TrainedArguments.ClassName(source, c))]))
            : Save(context, network.Run.Folder, Predictions(context, source, table, network.Run.Recipe.Seed));
    }

    private Canvas Predictions(VerbContext context, IBatchSource source, ProbabilityTable table, ulong seed)
    {
        var sheet = new PredictionSheet(source.Size.Width, source.Size.Height);
        var candidates = Enumerable.Range(0, table.Images).Where(i => !context.Get(errors) || table.Best(i, 1)[0].Class != table.Labels[i])
            .OrderBy(i => Philox.Words(seed, RandomPurpose.GeneratedImages, 3, 0, i).X).Take(context.Get(count) ?? 8).ToList();
        if (candidates.Count == 0) throw new UsageException("no first guess is wrong: there is nothing to show");
        foreach (var i in candidates)
            sheet.Add(source.Pixels(Split.Test, i), TrainedArguments.ClassName(source, table.Labels[i]),
                [.. table.Best(i, 5).Select(b => (TrainedArguments.ClassName(source, b.Class), b.Probability, b.Class == table.Labels[i]))]);
        return sheet.Draw();
    }

    private IReadOnlyList<string> Save(VerbContext context, RunFolder folder, Canvas canvas, string? name = null)
    {
        var path = context.Get(output) ?? Path.Combine(folder.Path, "pictures", (name ?? context.Get(what)) + ".png");
        canvas.Save(path);
        return [path];
    }
}
