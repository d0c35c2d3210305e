using System.Globalization;
using System.Xml;
using System.Xml.Linq;

namespace AlexNetParallel.TestReport;

/// <summary>One test that failed or was skipped.</summary>
/// <param name="Name">Full name.</param>
/// <param name="Message">Failure message with stack, or the reason of the skip.</param>
public sealed record Finding(string Name, string Message);

/// <summary>What a run of <c>./test</c> found, summed over all test projects and checks.</summary>
public sealed class Results
{
    private readonly List<(string Name, TimeSpan Duration)> durations = [];

    /// <summary>Number of tests and checks that passed.</summary>
    public int Passed { get; private set; }

    /// <summary>Tests and checks that failed; a test project that ended without results is one.</summary>
    public List<Finding> Failed { get; } = [];

    /// <summary>Tests that were skipped, with the reason that they gave.</summary>
    public List<Finding> Skipped { get; } = [];

    /// <summary>
    /// Reads a folder that holds for each test project NAME.exit (exit code of its run), NAME.log (its output) and NAME.trx (its results, unless it
    /// died before), and for each other check NAME.passed or NAME.failed (its message).
    /// </summary>
    /// <param name="folder">The folder.</param>
    public static Results Read(string folder)
    {
        var results = new Results();
        foreach (var exit in Directory.GetFiles(folder, "*.exit").Order(StringComparer.Ordinal))
            results.AddProject(Path.GetFileNameWithoutExtension(exit), Path.ChangeExtension(exit, null), File.ReadAllText(exit).Trim());
        results.Passed += Directory.GetFiles(folder, "*.passed").Length;
        foreach (var check in Directory.GetFiles(folder, "*.failed").Order(StringComparer.Ordinal))
            results.Failed.Add(new Finding(Path.GetFileNameWithoutExtension(check), File.ReadAllText(check).Trim()));
        return results;
    }

    /// <summary>Prints the slowest tests, each skip with its reason, each failure with its message, and the closing line.</summary>
    public void Print(TextWriter output)
    {
        Section("Slowest:", durations.OrderByDescending(d => d.Duration).Take(5).Where(d => d.Duration.TotalSeconds >= 1)
            .Select(d => string.Create(CultureInfo.InvariantCulture, $"{d.Duration.TotalSeconds,7:F1} s  {d.Name}")));
        Section("Skipped:", Skipped.Select(s => $"{s.Name}: {OneLine(s.Message)}"));
        Section("Failed:", Failed.Select(f => $"{f.Name}\n    {f.Message.ReplaceLineEndings("\n    ")}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Passed} passed, {Failed.Count} failed, {Skipped.Count} skipped"));

        void Section(string title, IEnumerable<string> lines)
        {
            var all = lines.ToList();
            if (all.Count == 0) return;
            output.WriteLine(title);
            foreach (var line in all) output.WriteLine($"  {line}");
            output.WriteLine();
        }
    }

    private static string OneLine(string message) => string.Join(' ', message.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));

    private void AddProject(string project, string pathWithoutExtension, string exit)
    {
        var failedBefore = Failed.Count;
        var trouble = AddTrx(project, pathWithoutExtension + ".trx");
        if (trouble is null && (exit == "0" || Failed.Count > failedBefore)) return;
        var log = pathWithoutExtension + ".log";
        var tail = File.Exists(log) ? string.Join('\n', File.ReadLines(log).TakeLast(30)) : "";
        Failed.Add(new Finding(project, $"the test run ended with exit code {exit}{(trouble is null ? "" : $": {trouble}")}. The end of its output:\n{tail}"));
    }

    /// <summary>Adds the results of one project. Returns what is wrong with the run as a whole, null if nothing.</summary>
    private string? AddTrx(string project, string path)
    {
        if (!File.Exists(path)) return "it left no results";
        XElement run;
        try
        {
            run = XDocument.Load(path).Root!;
        }
        catch (XmlException e)
        {
            return $"its results cannot be read: {e.Message}";
        }

        var space = run.Name.Namespace;
        foreach (var result in run.Descendants(space + "UnitTestResult").Where(r => r.Parent!.Name == space + "Results"))
        {
            var name = (string?)result.Attribute("testName") ?? "(no name)";
            var error = result.Element(space + "Output")?.Element(space + "ErrorInfo");
            var message = (string?)error?.Element(space + "Message") ?? "";
            switch ((string?)result.Attribute("outcome"))
            {
                case "Passed":
                    Passed++;
                    break;
                case "NotExecuted":
                    Skipped.Add(new Finding(name, message.Length > 0 ? message : "no reason given"));
                    break;
                case var other:
                    var stack = (string?)error?.Element(space + "StackTrace") ?? "";
                    Failed.Add(new Finding(name, $"{(message.Length > 0 ? message : $"outcome: {other}")}\n{stack}".TrimEnd()));
                    break;
            }
            if (TimeSpan.TryParse((string?)result.Attribute("duration"), CultureInfo.InvariantCulture, out var duration)) durations.Add((name, duration));
        }

        var errors = run.Descendants(space + "RunInfo").Where(i => (string?)i.Attribute("outcome") == "Error")
            .Select(i => OneLine((string?)i.Element(space + "Text") ?? "")).Where(t => t.Length > 0 && !IsFailedTestNote(t)).ToList();
        return errors.Count > 0 ? string.Join(' ', errors) : null;
    }

    // xunit writes a line "[xUnit.net 00:00:00.52]     Name [FAIL]" for each failed test besides the result itself.
    private static bool IsFailedTestNote(string text) => text.Contains("[FAIL]", StringComparison.Ordinal);
}
