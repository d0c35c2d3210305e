using System.CommandLine;
using System.Globalization;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Training.Inference;
using AlexNetParallel.Training.Pictures;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet similar`: the images of a set that a trained net finds most like some pictures.</summary>
internal sealed class SimilarVerb : Verb
{
    private readonly TrainedArguments arguments = new();
    private readonly Argument<string[]> pictures = new("PICTURE") { Description = "JPEG or PNG files to compare with", Arity = ArgumentArity.OneOrMore };
    private readonly Option<string?> layer = new("--layer") { Description = "Layer whose outputs are compared [default: the last fully connected one before the classifier; fc7, 4096 features, in the net of 2012]", HelpName = "NAME" };
    private readonly Option<int?> count = Numbers.Option("--count", "How many images to find for each picture [default: 6]", 1);
    private readonly Option<string> split = TrainedArguments.Part();
    private readonly Option<string?> sheet = new("--sheet") { Description = "Write a contact sheet as a PNG file", HelpName = "FILE" };

    public SimilarVerb() : base("similar", "Finds the images whose features are nearest to those of pictures, by Euclidean distance")
    {
        Arguments.Add(arguments.Run);
        Arguments.Add(pictures);
        foreach (var option in arguments.All.Concat([layer, count, split, sheet])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet similar runs/cifar10-two-tower cat.jpg truck.jpg --sheet similar.png", "the six test images nearest to each, and a picture of them"),
        ("./alexnet similar runs/alexnet-2012-source query.JPEG --split train --count 16 --json", "as the paper's figure 4, right"),
    ];

    protected override unsafe Task<int> RunAsync(VerbContext context)
    {
        using var network = arguments.Open(context, context.Get(arguments.Run));
        var features = FeatureLayer(network.Network, context.Get(layer));
        using var source = arguments.Images(context, network.Run);
        var part = TrainedArguments.SplitOf(context.Get(split)!);
        var files = context.Get(pictures);
        var queries = new List<float[]>();
        foreach (var batch in files.Chunk(network.Plan.Batch))
        {
            source.FillPictures(batch, Data.View.Centre, network.ImageLayout, network.Images(0));
            network.Forward(0, new int[batch.Length]);
            queries.AddRange(network.Output(features, batch.Length).Chunk(features.Output.Units));
        }
        var neighbours = new Neighbours(queries, context.Get(count) ?? 6);
        new Inspection(network, source, part).Features(features, (image, _, values) => neighbours.Add(image, values.Span));

        var drawing = new ContactSheet(source.Size.Width, source.Size.Height);
        for (var q = 0; q < files.Length; q++)
        {
            var found = neighbours.Of(q).Select(n => new { n.Image, Distance = Math.Sqrt(n.Distance), Class = TrainedArguments.ClassName(source, source.Label(part, n.Image)) }).ToList();
            if (context.Json) context.Results.Json(new { Picture = files[q], Layer = features.Name, Features = features.Output.Units, Nearest = found });
            else context.Results.Table($"{files[q]}: nearest by the {features.Output.Units} outputs of {features.Name}", [">image", "class", ">distance"],
                [.. found.Select(f => (IReadOnlyList<string>)[$"{f.Image}", f.Class, f.Distance.ToString("F3", CultureInfo.InvariantCulture)])]);
            if (context.Get(sheet) is null) continue;
            drawing.Row(Path.GetFileName(files[q]));
            drawing.Add(source.Pixels(files[q]), "query");
            foreach (var f in found) drawing.Add(source.Pixels(part, f.Image), f.Class);
        }
        if (context.Get(sheet) is { } path) drawing.Draw().Save(path);
        return Task.FromResult(ExitCode.Done);
    }

    private static Layer FeatureLayer(Network network, string? name)
    {
        try
        {
            if (name is not null) return network[name];
        }
        catch (KeyNotFoundException e)
        {
            throw new UsageException(e.Message);
        }
        var connected = network.Layers.OfType<FullyConnectedLayer>().ToList();
        return connected.Count > 1 ? connected[^2] : throw new UsageException($"network {network.Name} has no fully connected layer before its classifier; expected --layer NAME, one of {string.Join(", ", network.Layers.Select(l => l.Name))}");
    }
}
