using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Schedules;
using AlexNetParallel.Training.Benchmarks;
using AlexNetParallel.Training.Forecasts;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet train --dry-run`: the whole course of a run, printed before anything is trained.</summary>
internal sealed class DryRun
{
    /// <summary>ILSVRC-2012's training and validation images: what a recipe without data is reckoned with.</summary>
    private const int IlsvrcTrain = 1_281_167, IlsvrcTest = 50_000;

    private const int DefaultSteps = 3;

    private readonly Option<bool> dryRun = new("--dry-run") { Description = "Print the course (rates by epoch, events, images, bytes, days) and train nothing" };
    private readonly Option<int?> train = Numbers.Option("--train-images", $"With --dry-run: number of training images in place of the data's [default without data: {IlsvrcTrain}, ILSVRC-2012's]", 1);
    private readonly Option<int?> test = Numbers.Option("--test-images", $"With --dry-run: number of test images in place of the data's [default without data: {IlsvrcTest}]", 0);
    private readonly Option<int?> calibrate = Numbers.Option("--calibrate", $"With --dry-run: steps to run for the forecast of days; 0 for no forecast [default: {DefaultSteps}]", 0);

    /// <summary>Its options.</summary>
    public IReadOnlyList<Option> All => [dryRun, train, test, calibrate];

    /// <summary>True when it is asked for.</summary>
    /// <exception cref="UsageException">An option that goes with it stands alone.</exception>
    public bool IsWanted(VerbContext context)
    {
        if (context.Get(dryRun)) return true;
        foreach (var option in All)
            if (context.IsGiven(option) && option != dryRun) throw new UsageException($"found {option.Name} without --dry-run; expected both");
        return false;
    }

    /// <summary>Prints it.</summary>
    public async Task<int> RunAsync(VerbContext context, RunRequest request, IReadOnlyList<string> workerArguments)
    {
        var (recipe, plan) = (request.Recipe, request.Plan);
        var (trainImages, testImages, source) = Images(context, recipe);
        CourseOutline outline;
        try
        {
            outline = new CourseOutline(recipe, plan, trainImages, testImages);
        }
        catch (ArgumentException e)
        {
            throw new UsageException(e.Message.Split(" (Parameter")[0]);
        }
        var steps = context.Get(calibrate) ?? DefaultSteps;
        double? seconds = null;
        if (steps > 0)
        {
            context.Log.WriteLine($"running {StepBench.WarmUp + steps} training steps on noise for the forecast (--calibrate 0 leaves it out)");
            using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
            var bench = new StepBench(ProgramCommand.Current, workerArguments, request.Transport, _ => { });
            seconds = (await bench.RunAsync(recipe with { Data = recipe.Data ?? Recipe.Generated }, steps, noFeed: true, interruption.Token).ConfigureAwait(false)).Seconds;
        }
        var forecast = new DryRunForecast(recipe, outline, seconds);
        if (context.Json) WriteJson(context.Results, recipe, outline, testImages, source, forecast);
        else Print(context.Results, recipe, outline, testImages, source, forecast, steps);
        return ExitCode.Done;
    }

    private (int Train, int Test, string Source) Images(VerbContext context, Recipe recipe)
    {
        var (givenTrain, givenTest) = (context.Get(train), context.Get(test));
        if (givenTrain is { } n) return (n, givenTest ?? (recipe.Data is null ? IlsvrcTest : 0), "given by --train-images");
        if (recipe.Data is not { } data) return (IlsvrcTrain, givenTest ?? IlsvrcTest, "assumed: ILSVRC-2012; --data or --train-images says otherwise");
        using var set = DataSet.Open(data, recipe.Augmentation with { Mean = MeanKind.None, ColourNoise = 0 },
            new FeedOptions { Seed = recipe.Seed, BatchSize = recipe.Batch, Log = context.Log.WriteLine });
        return (set.Count(Split.Train), givenTest ?? set.Count(Split.Test), "counted");
    }

    private static void WriteJson(ResultWriter results, Recipe recipe, CourseOutline outline, int testImages, string source, DryRunForecast forecast)
    {
        foreach (var e in outline.Epochs)
            results.Json(new { Event = "epoch", e.Epoch, e.FirstStep, e.Steps, e.WeightRate, e.BiasRate, e.Layers, e.ColourNoise, e.Images, e.Bytes });
        foreach (var e in outline.Events) results.Json(new { Event = "change", e.Step, e.Epoch, e.What, e.From, e.To });
        results.Json(new
        {
            Event = "course",
            Recipe = recipe.Name,
            outline.TrainImages,
            TestImages = testImages,
            ImagesAre = source,
            Epochs = outline.Epochs.Count,
            outline.StepsPerEpoch,
            Steps = outline.TotalSteps,
            outline.Images,
            outline.TestPasses,
            outline.TestImagesShown,
            outline.Bytes,
            recipe.Schedule.Plateau,
            SecondsPerStepMeasured = forecast.SecondsOfStep,
            DaysHere = forecast.DaysHere,
            DaysOnTwoGtx580 = new[] { forecast.Paper.Least, forecast.Paper.Most },
        });
    }

    private static void Print(ResultWriter results, Recipe recipe, CourseOutline outline, int testImages, string source, DryRunForecast forecast, int steps)
    {
        results.Line($"{recipe.Name}: {recipe.Network}, {Units.Count(outline.TrainImages)} training and {Units.Count(testImages)} test images ({source}), batch {recipe.Batch}");
        results.Line();
        results.Table("Rates by epoch", ["epochs", ">weights", ">biases", "layers of their own (weights, biases)", ">colour noise", ">images", ">bytes exchanged"],
            [.. Stretches(outline.Epochs).Select(s => (IReadOnlyList<string>)
            [
                s[0].Epoch == s[^1].Epoch ? $"{s[0].Epoch}" : $"{s[0].Epoch}–{s[^1].Epoch}", Rate(s[0].WeightRate), Rate(s[0].BiasRate),
                string.Join("; ", s[0].Layers.Select(l => $"{l.Layer} {Rate(l.WeightRate)}, {Rate(l.BiasRate)}")), Rate(s[0].ColourNoise),
                Units.Count(s.Sum(e => e.Images)), Units.Count(s.Sum(e => e.Bytes)),
            ])]);
        if (outline.Events.Count > 0)
            results.Table("Events", [">step", ">epoch", "what", ">from", ">to"], [.. outline.Events.Select(e => (IReadOnlyList<string>)[Units.Count(e.Step), $"{e.Epoch}", e.What, Rate(e.From), Rate(e.To)])]);
        if (recipe.Schedule.Plateau is { } rule)
            results.Line(string.Create(CultureInfo.InvariantCulture, $"Plateau rule, not foreseen above: after {rule.Patience} tests in a row without an improvement of {rule.MinImprovement} in top-1 error the rate drops, at most {rule.MaxDrops} times.\n"));
        results.Line($"{Units.Count(outline.TotalSteps)} steps ({Units.Count(outline.StepsPerEpoch)} an epoch), {Units.Count(outline.Images)} training images; {outline.TestPasses} tests, {Units.Count(outline.TestImagesShown)} test images");
        results.Line($"{Units.Count(outline.Bytes)} bytes exchanged between {recipe.Workers} workers ({Units.Bytes(outline.Bytes)}), {Units.Count(outline.TestBytes)} of them in tests");
        results.Line();
        if (forecast.DaysHere is { } days)
            results.Line(string.Create(CultureInfo.InvariantCulture,
                $"on this machine      {Span(days)}: {recipe.Batch / forecast.SecondsOfStep!.Value:F1} images/s, the median of {steps} steps measured now on noise; a test image is taken for a third of a training image; decoding is not in it"));
        results.Line($"on 2 × GTX 580       {Span(forecast.Paper.Least)} to {Span(forecast.Paper.Most)}: assumed from the paper's section 5, 90 passes over 1.2 million images in five to six days, at equal operations a second");
    }

    private static IEnumerable<List<EpochOutline>> Stretches(IEnumerable<EpochOutline> epochs)
    {
        List<EpochOutline>? stretch = null;
        foreach (var e in epochs)
        {
            if (stretch is not null && Same(stretch[0], e))
            {
                stretch.Add(e);
                continue;
            }
            if (stretch is not null) yield return stretch;
            stretch = [e];
        }
        if (stretch is not null) yield return stretch;
    }

    private static bool Same(EpochOutline a, EpochOutline b) =>
        (a.WeightRate, a.BiasRate, a.ColourNoise) == (b.WeightRate, b.BiasRate, b.ColourNoise) && a.Layers.SequenceEqual(b.Layers);

    private static string Rate(double rate) => rate.ToString("0.##########", CultureInfo.InvariantCulture);

    private static string Span(double days) => days >= 1 ? string.Create(CultureInfo.InvariantCulture, $"{days:F1} days") : Units.Seconds(days * 86400);
}

/// <summary>How long a run takes.</summary>
/// <param name="recipe">The run.</param>
/// <param name="outline">Its course.</param>
/// <param name="secondsOfStep">Measured on this machine; null for no forecast here.</param>
internal sealed class DryRunForecast(Recipe recipe, CourseOutline outline, double? secondsOfStep)
{
    /// <summary>Seconds of a training step as measured.</summary>
    public double? SecondsOfStep => secondsOfStep;

    /// <summary>Days on this machine. A test image has the forward pass only: a third of a training image.</summary>
    public double? DaysHere => secondsOfStep / recipe.Batch * (outline.Images + outline.TestImagesShown / 3.0) / 86400;

    /// <summary>Days on the machine of 2012: an assumption.</summary>
    public (double Least, double Most) Paper => PaperSpeed.For(recipe.Network, outline.Images);
}
