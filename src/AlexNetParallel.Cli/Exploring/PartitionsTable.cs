using System.Globalization;
using System.Text;
using AlexNetParallel.Cli.Machine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Model.Forecasting;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>One cut: what is forecast for the machine of the table, and, where it was run here, what was forecast and measured here.</summary>
internal sealed record CutRow(Cut Cut, Forecast Forecast, double? HereForecastSeconds, double? HereSeconds)
{
    /// <summary>(forecast − measured) / measured.</summary>
    public double? Error => HereForecastSeconds / HereSeconds - 1;
}

/// <summary>`alexnet explore --all`: every way to cut the net of 2012 that the recipes hold, and the author's variants of it, with what he wrote down of their accuracy.</summary>
internal sealed class PartitionsTable(TargetMachine machine, string link, IReadOnlyList<CutRow> rows)
{
    /// <summary>Images of a step.</summary>
    public const int Batch = 128;

    /// <summary>Images of a step that is run: a machine without GPUs needs seconds for each.</summary>
    public const int HereBatch = 64;

    private bool WasRun => rows.Any(r => r.HereSeconds is not null);

    private IReadOnlyList<string> Headings =>
    [
        "network", "partition", ">workers", "what", ">bytes a step", ">memory a worker", ">step", ">images/s", .. WasRun ? (string[])[">run here: forecast", ">measured", ">error"] : [], "the author's result",
    ];

    /// <summary>Prints the table; writes it to a page where one is named.</summary>
    public void Print(VerbContext context, string? markdown)
    {
        if (context.Json)
        {
            foreach (var r in rows)
                context.Results.Json(new
                {
                    r.Cut.Network,
                    r.Cut.Dialect,
                    r.Cut.Partition,
                    r.Cut.Workers,
                    Batch,
                    Machine = machine.Name,
                    r.Cut.What,
                    r.Forecast.Bytes,
                    r.Forecast.MemoryBytes,
                    ForecastSeconds = r.Forecast.Seconds,
                    HereBatch = r.HereSeconds is null ? (int?)null : HereBatch,
                    r.HereForecastSeconds,
                    r.HereSeconds,
                    r.Error,
                    r.Cut.Result,
                });
        }
        else
        {
            context.Results.Table($"Ways to cut the net of 2012, batch {Batch}, forecast for {machine.Name} over {link}{(WasRun ? $"; run here with batch {HereBatch} over peer" : "")}", Headings, [.. rows.Select(Cells)]);
            if (Errors() is { } errors) context.Results.Line(errors);
        }
        if (markdown is not null) File.WriteAllText(markdown, Page());
    }

    private string Page()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Ways to cut the net of 2012\n\nWritten by `./alexnet explore --all --machine {machine.Name}{(WasRun ? " --run" : "")} --markdown docs/partitions.md`.\n\n");
        text.Append(CultureInfo.InvariantCulture, $"A training step of {Batch} images. Bytes are exact: all payload that crosses, both ways ([exchange.md](exchange.md)). Memory is that of the worker that needs most. The step's time is a\n");
        text.Append(CultureInfo.InvariantCulture, $"forecast ([explore.md](explore.md)) for {machine.Name} over {link} ({machine.Source}).\n\n");
        if (WasRun)
        {
            text.Append(CultureInfo.InvariantCulture, $"\"Run here\": training steps of {HereBatch} images by as many processes over `peer`, on {Environment.ProcessorCount} cores of {Inspection.ProcessorName} ({DateTime.UtcNow:yyyy-MM-dd}); the median, beside the forecast for\n");
            text.Append(CultureInfo.InvariantCulture, $"this machine as it was calibrated. Four workers share {Environment.ProcessorCount} cores here, so they show that it runs, not what four GPUs gain. {Errors()}\n\n");
        }
        text.Append("The last column is what the author wrote into the configurations of the 2012 program, about nets of his own: errors, top-1 / top-5, on the validation images of ILSVRC-2012 over ten views. The networks here make\n");
        text.Append("the same change to net #145; what else differs, the head of each file in `recipes/networks` says. An empty place: he recorded nothing.\n\n");
        text.Append("| ").AppendJoin(" | ", Headings.Select(h => h.TrimStart('>'))).Append(" |\n|").AppendJoin("|", Headings.Select(h => h.StartsWith('>') ? "--:" : "--")).Append("|\n");
        foreach (var row in rows) text.Append("| ").AppendJoin(" | ", Cells(row)).Append(" |\n");
        return text.ToString();
    }

    private string? Errors() => ForecastErrors.Text([.. rows.Where(r => r.Error is not null).Select(r => (r.Error!.Value, $"{r.Cut.Network}, {r.Cut.Partition}"))]);

    private IReadOnlyList<string> Cells(CutRow row)
    {
        var (c, f) = (row.Cut, row.Forecast);
        string[] here = WasRun
            ? [row.HereForecastSeconds is { } h ? Units.Seconds(h) : "", row.HereSeconds is { } m ? Units.Seconds(m) : "", row.Error is { } e ? string.Create(CultureInfo.InvariantCulture, $"{100 * e:+0;-0} %") : ""]
            : [];
        return [$"{c.Network} ({c.Dialect})", c.Partition, Units.Count(c.Workers), c.What, Units.Count(f.Bytes), Units.Bytes(f.MemoryBytes.Max()), Units.Seconds(f.Seconds), Progress.Rate(Batch / f.Seconds), .. here, c.Result];
    }
}
