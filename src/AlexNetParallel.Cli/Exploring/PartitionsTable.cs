using System.Globalization;
using System.Text;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>`alexnet explore --all`: every way to cut the net of 2012 that the recipes hold, and the author's variants of it, with what he wrote down of their accuracy.</summary>
internal static class PartitionsTable
{
    private const int Batch = 128;

    /// <summary>
    /// Errors are top-1 / top-5 on the validation images of ILSVRC-2012, over ten views; from the comments of the configurations in layers/ of the released
    /// program of 2012, where nothing else is said.
    /// </summary>
    private static readonly Cut[] cuts =
    [
        new("alexnet-2012", "source", "source", 2, "net #145: the towers meet at conv3 and from fc6 on", "40.66 % / 18.21 %"),
        new("alexnet-2012", "source", "source-half", 2, "the same, fp16 on the wire", "#170-quant 40.52 % / 18.42 %; #170, its fp32 twin, 40.53 % / 18.05 %"),
        new("alexnet-2012", "paper", "paper", 2, "figure 2 of the paper: fc8 halved too", "40.7 % / 18.2 % (paper, table 2)"),
        new("alexnet-2012", "source", "single", 1, "both towers on one worker: the same function", ""),
        new("alexnet-2012", "source", "data", 2, "data parallel", ""),
        new("alexnet-2012", "source", "hybrid", 2, "convolutions by images, fully connected by units; whole batch at once", ""),
        new("alexnet-2012", "source", "hybrid-turns", 2, "the same, one worker's images after the other's", ""),
        new("alexnet-2012", "source", "hybrid-slices", 2, "the same, a slice of each worker's images at a time", ""),
        new("alexnet-2012", "source", "pipeline", 2, "convolutions on one worker, fully connected layers on the other", ""),
        new("alexnet-150", "source", "source", 2, "#150: no meeting before fc8; conv2 and fc6 wider", "41.83 % / 19.33 %"),
        new("alexnet-127", "source", "source", 2, "#127: no meeting at conv3", "\"significantly worse than 120\", stopped at epoch 36"),
        new("alexnet-128", "source", "source", 2, "#128: at conv3 and again at conv4", "\"on hold\""),
        new("alexnet-132", "source", "source", 2, "#132, #133: at conv4 instead of conv3", "\"worse than 131\" (#131: 40.93 % / 18.57 %), stopped"),
        new("alexnet-116", "source", "source", 4, "#116: four towers, pairs at conv3", ""),
        new("alexnet-120-4gpu", "source", "source", 4, "#120 on four: narrower conv2", "\"overfitting\""),
        new("alexnet-130", "source", "source", 4, "#130: wider conv2, narrower conv5", "\"hardly (if at all) better than 2-gpu net\", stopped at epoch 62"),
        new("alexnet-153-4gpu", "source", "paper", 4, "#153 on four: three of four at conv3, fc6, fc7; 10,184 classes", ""),
    ];

    private static readonly string[] headings = ["network", "partition", ">workers", "what", ">bytes a step", ">memory a worker", ">step", ">images/s", "the author's result"];

    /// <summary>Prints the table; writes it to a page where one is named.</summary>
    public static int Print(VerbContext context, TargetMachine machine, string link, string? markdown)
    {
        var rows = cuts.Select(cut => (Cut: cut, Forecast: cut.On(machine, link))).ToList();
        if (context.Json)
        {
            foreach (var (c, f) in rows)
                context.Results.Json(new { c.Network, c.Dialect, c.Partition, c.Workers, Batch, Machine = machine.Name, c.What, f.Bytes, f.MemoryBytes, ForecastSeconds = f.Seconds, c.Result });
        }
        else
        {
            context.Results.Table($"Ways to cut the net of 2012, batch {Batch}, forecast for {machine.Name} over {link}", headings, [.. rows.Select(r => Cells(r.Cut, r.Forecast))]);
        }
        if (markdown is not null) File.WriteAllText(markdown, Page(machine, link, [.. rows.Select(r => Cells(r.Cut, r.Forecast))]));
        return ExitCode.Done;
    }

    private static string Page(TargetMachine machine, string link, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Ways to cut the net of 2012\n\nWritten by `./alexnet explore --all --machine {machine.Name} --markdown docs/partitions.md`.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"A training step of {Batch} images. Bytes are exact: all payload that crosses, both ways ([exchange.md](exchange.md)). Memory is that of the worker that needs most. The step's time is a\n");
        text.Append(CultureInfo.InvariantCulture, $"forecast ([explore.md](explore.md)) for {machine.Name} over {link} ({machine.Source}).\n\n");
        text.Append("The last column is what the author wrote into the configurations of the 2012 program, about nets of his own: errors, top-1 / top-5, on the validation images of ILSVRC-2012 over ten views. The networks here make\n");
        text.Append("the same change to net #145; what else differs, the head of each file in `recipes/networks` says. An empty place: he recorded nothing.\n\n");
        text.Append("| ").AppendJoin(" | ", headings.Select(h => h.TrimStart('>'))).Append(" |\n|").AppendJoin("|", headings.Select(h => h.StartsWith('>') ? "--:" : "--")).Append("|\n");
        foreach (var row in rows) text.Append("| ").AppendJoin(" | ", row).Append(" |\n");
        return text.ToString();
    }

    private static IReadOnlyList<string> Cells(Cut c, Forecast f) =>
        [$"{c.Network} ({c.Dialect})", c.Partition, Units.Count(c.Workers), c.What, Units.Count(f.Bytes), Units.Bytes(f.MemoryBytes.Max()), Units.Seconds(f.Seconds), Progress.Rate(Batch / f.Seconds), c.Result];

    private sealed record Cut(string Network, string Dialect, string Partition, int Workers, string What, string Result)
    {
        public Forecast On(TargetMachine machine, string link) =>
            Forecast.Of(Plan.Compile(NetworkFile.Load(Network, Dialect), PartitionFile.Load(Partition), Workers, Batch), machine, link);
    }
}
