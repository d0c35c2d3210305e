using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet predict`: what a trained net takes pictures for.</summary>
internal sealed class PredictVerb : Verb
{
    private const int BarWidth = 30;

    private readonly TrainedArguments arguments = new();
    private readonly Argument<string[]> pictures = new("PICTURE") { Description = "JPEG or PNG files", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int> views = TrainedArguments.Views();
    private readonly Option<int?> top = Numbers.Option("--top", "How many classes to print [default: 5]", 1);

    public PredictVerb() : base("predict", "Prints the most probable classes of pictures, with bars")
    {
        Arguments.Add(arguments.Run);
        Arguments.Add(pictures);
        foreach (var option in arguments.All.Concat([views, top])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet predict runs/cifar10-two-tower cat.jpg", "the five best of ten classes"),
        ("./alexnet predict runs/alexnet-2012-source *.JPEG --views 10 --json", "ten views of each picture; a line a picture"),
    ];

    protected override unsafe Task<int> RunAsync(VerbContext context)
    {
        using var network = arguments.Open(context, context.Get(arguments.Run));
        using var source = arguments.Images(context, network.Run);
        foreach (var batch in context.Get(pictures).Chunk(network.Plan.Batch))
        {
            var classes = network.Network.Classes;
            var sums = new double[batch.Length * classes];
            var all = TrainedArguments.ViewsOf(context.Get(views));
            foreach (var view in all)
            {
                source.FillPictures(batch, view, network.ImageLayout, network.Images(0));
                network.Forward(0, new int[batch.Length]);
                var p = network.Probabilities(batch.Length);
                for (var i = 0; i < p.Length; i++) sums[i] += p[i];
            }
            var table = new ProbabilityTable(classes, new int[batch.Length], Array.ConvertAll(sums, s => (float)(s / all.Count)));
            for (var i = 0; i < batch.Length; i++)
                Print(context, batch[i], [.. table.Best(i, context.Get(top) ?? 5).Select(b => (TrainedArguments.ClassName(source, b.Class), b.Class, b.Probability))]);
        }
        return Task.FromResult(ExitCode.Done);
    }

    private static void Print(VerbContext context, string picture, IReadOnlyList<(string Name, int Label, float Probability)> best)
    {
        if (context.Json)
        {
            context.Results.Json(new { Picture = picture, Classes = best.Select(b => new { b.Name, b.Label, b.Probability }) });
            return;
        }
        context.Results.Line(picture);
        foreach (var (name, _, p) in best)
            context.Results.Line(string.Create(CultureInfo.InvariantCulture, $"  {100 * p,6:F2} %  {new string('█', (int)Math.Round(p * BarWidth)),-BarWidth}  {name}"));
        context.Results.Line();
    }
}
