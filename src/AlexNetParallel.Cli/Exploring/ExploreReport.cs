using System.Globalization;
using System.Text;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Cli.Verbs;
using AlexNetParallel.Model.Forecasting;
using AlexNetParallel.Model.Recipes;
using TargetMachine = AlexNetParallel.Model.Forecasting.Machine;

namespace AlexNetParallel.Cli.Exploring;

/// <summary>One partition over one transport.</summary>
/// <param name="Partition">Its name.</param>
/// <param name="Transport">The link.</param>
/// <param name="Workers">Number of workers.</param>
/// <param name="Forecast">What a step is expected to cost.</param>
/// <param name="ImagesPerSecond">By the forecast.</param>
/// <param name="MeasuredSeconds">Median step of real processes; null where it was not run.</param>
internal sealed record ExploreRow(string Partition, string Transport, int Workers, Forecast Forecast, double ImagesPerSecond, double? MeasuredSeconds)
{
    /// <summary>(forecast − measured) / measured.</summary>
    public double? Error => MeasuredSeconds is { } m ? Forecast.Seconds / m - 1 : null;
}

/// <summary>The table of `alexnet explore` for people, for programs and for documents.</summary>
internal sealed class ExploreReport(Recipe recipe, TargetMachine machine, IReadOnlyList<ExploreRow> rows)
{
    private static readonly string[] headings =
        ["partition", "transport", ">bytes a step", ">memory a worker", ">compute", ">waiting", ">forecast", ">images/s", ">measured", ">error"];

    private string Title => $"{$"{recipe.Network.Name} {recipe.Network.Dialect}".Trim()}, batch {recipe.Batch}, {recipe.Workers} workers, machine {machine.Name}";

    private bool WasRun => rows.Any(r => r.MeasuredSeconds is not null);

    private int Columns => WasRun ? headings.Length : headings.Length - 2;

    /// <summary>Prints it.</summary>
    public void Print(VerbContext context)
    {
        if (context.Json)
        {
            foreach (var r in rows)
            {
                context.Results.Json(new
                {
                    Network = recipe.Network.Name,
                    recipe.Network.Dialect,
                    r.Partition,
                    r.Transport,
                    r.Workers,
                    recipe.Batch,
                    Machine = machine.Name,
                    r.Forecast.Bytes,
                    r.Forecast.MemoryBytes,
                    ForecastSeconds = r.Forecast.Seconds,
                    r.Forecast.ComputeSeconds,
                    r.Forecast.WaitSeconds,
                    r.ImagesPerSecond,
                    r.MeasuredSeconds,
                    r.Error,
                });
            }
            return;
        }
        context.Results.Table(Title, [.. headings.Take(Columns)], [.. rows.Select(Cells)]);
        context.Results.Line($"machine: {machine.Source}");
        if (Errors() is { } errors) context.Results.Line(errors);
    }

    /// <summary>Writes it as a page.</summary>
    public void WriteMarkdown(string file)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# Partitions of {recipe.Network.Name}\n\n{Title}. Machine: {machine.Source}.\n\n");
        text.Append("| ").AppendJoin(" | ", headings.Take(Columns).Select(h => h.TrimStart('>'))).Append(" |\n|").AppendJoin("|", headings.Take(Columns).Select(h => h.StartsWith('>') ? "--:" : "--")).Append("|\n");
        foreach (var row in rows) text.Append("| ").AppendJoin(" | ", Cells(row)).Append(" |\n");
        if (Errors() is { } errors) text.Append('\n').Append(errors).Append('\n');
        text.Append("\nWritten by `alexnet explore --markdown FILE`. Compute and waiting are the busiest worker's; docs/explore.md says how a forecast is made.\n");
        File.WriteAllText(file, text.ToString());
    }

    private string? Errors() => ForecastErrors.Text([.. rows.Where(r => r.Error is not null).Select(r => (r.Error!.Value, $"{r.Partition} over {r.Transport}"))]);

    private IReadOnlyList<string> Cells(ExploreRow r)
    {
        string[] cells =
        [
            r.Partition, r.Forecast.Bytes == 0 ? "" : r.Transport, Units.Count(r.Forecast.Bytes), Units.Bytes(r.Forecast.MemoryBytes.Max()), Units.Seconds(r.Forecast.ComputeSeconds.Max()),
            Units.Seconds(r.Forecast.WaitSeconds.Max()), Units.Seconds(r.Forecast.Seconds), Progress.Rate(r.ImagesPerSecond),
            r.MeasuredSeconds is { } m ? Units.Seconds(m) : "", r.Error is { } e ? string.Create(CultureInfo.InvariantCulture, $"{100 * e:+0.0;-0.0} %") : "",
        ];
        return cells[..Columns];
    }
}
