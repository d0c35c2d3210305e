using AlexNetParallel.Training.Runs;
using Spectre.Console;

namespace AlexNetParallel.Cli.Output;

/// <summary>Writes results: JSON lines, or tables with headings. Tables are drawn on a terminal and are plain columns elsewhere.</summary>
internal sealed class ResultWriter
{
    private readonly TextWriter writer;
    private readonly IAnsiConsole? terminal;

    public ResultWriter(TextWriter writer)
    {
        this.writer = writer;
        var output = new AnsiConsoleOutput(writer);
        if (output.IsTerminal) terminal = AnsiConsole.Create(new AnsiConsoleSettings { Out = output });
    }

    /// <summary>One JSON object in one line.</summary>
    public void Json(object value)
    {
        writer.WriteLine(JsonLine.Of(value));
        writer.Flush();
    }

    /// <summary>A line of text.</summary>
    public void Line(string text = "") => writer.WriteLine(text);

    /// <summary>A table.</summary>
    /// <param name="title">Stands above it.</param>
    /// <param name="columns">Headings; one that begins with "&gt;" is of a column of numbers, set flush right.</param>
    /// <param name="rows">As many texts each as there are columns.</param>
    public void Table(string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (terminal is null) PlainTable(title, columns, rows);
        else DrawTable(terminal, title, columns, rows);
    }

    private static void DrawTable(IAnsiConsole terminal, string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Simple, Title = new TableTitle(Markup.Escape(title)) { Style = new Style(decoration: Decoration.Bold) } };
        foreach (var column in columns)
        {
            var right = column.StartsWith('>');
            table.AddColumn(new TableColumn(Markup.Escape(column.TrimStart('>'))) { Alignment = right ? Justify.Right : Justify.Left, NoWrap = right });
        }
        foreach (var row in rows) table.AddRow([.. row.Select(Markup.Escape)]);
        terminal.Write(new Align(table, HorizontalAlignment.Left));
    }

    private void PlainTable(string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var right = columns.Select(c => c.StartsWith('>')).ToArray();
        IReadOnlyList<string> headings = [.. columns.Select(c => c.TrimStart('>'))];
        var widths = headings.Select((h, i) => Math.Max(h.Length, rows.Count == 0 ? 0 : rows.Max(r => r[i].Length))).ToArray();
        writer.WriteLine(title);
        foreach (var row in rows.Prepend(headings))
            writer.WriteLine(string.Join("  ", row.Select((cell, i) => right[i] ? cell.PadLeft(widths[i]) : cell.PadRight(widths[i]))).TrimEnd());
        writer.WriteLine();
    }
}
