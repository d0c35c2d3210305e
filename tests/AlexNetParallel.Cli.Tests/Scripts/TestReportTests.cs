using AlexNetParallel.TestReport;

namespace AlexNetParallel.Cli.Tests.Scripts;

public sealed class TestReportTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Results_of_projects_and_checks_are_summed()
    {
        Project("A", 1, ("one", "Passed", null), ("two", "Failed", "it is <wrong>"), ("three", "NotExecuted", "needs\na thing"));
        Project("B", 0, ("four", "Passed", null));
        File.WriteAllText(Path.Combine(folder, "format.passed"), "");
        File.WriteAllText(Path.Combine(folder, "leftovers.failed"), "pid 7");
        var lines = Print().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("3 passed, 2 failed, 1 skipped", lines[^1]);
        Assert.Contains("  three: needs a thing", lines);
        Assert.Contains("  two", lines);
        Assert.Contains("    it is <wrong>", lines);
        Assert.Contains("    pid 7", lines);
    }

    [Fact]
    public void A_run_that_died_is_a_failure()
    {
        Project("A", 0, ("one", "Passed", null));
        File.WriteAllText(Path.Combine(folder, "B.exit"), "134");
        File.WriteAllText(Path.Combine(folder, "B.log"), "fatal error");
        var text = Print();
        Assert.EndsWith("1 passed, 1 failed, 0 skipped\n", text, StringComparison.Ordinal);
        Assert.Contains("exit code 134: it left no results", text, StringComparison.Ordinal);
        Assert.Contains("fatal error", text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_that_was_cut_off_is_a_failure_even_if_its_tests_passed()
    {
        Project("A", 1, ("one", "Passed", null));
        Assert.EndsWith("1 passed, 1 failed, 0 skipped\n", Print(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_project_without_tests_is_none()
    {
        Project("A", 0);
        Assert.EndsWith("0 passed, 0 failed, 0 skipped\n", Print(), StringComparison.Ordinal);
    }

    private string Print()
    {
        using var output = new StringWriter { NewLine = "\n" };
        Results.Read(folder).Print(output);
        return output.ToString();
    }

    private void Project(string name, int exit, params (string Name, string Outcome, string? Message)[] tests)
    {
        File.WriteAllText(Path.Combine(folder, name + ".exit"), $"{exit}\n");
        System.Xml.Linq.XNamespace space = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";
        new System.Xml.Linq.XElement(space + "TestRun", new System.Xml.Linq.XElement(space + "Results", tests.Select(t => new System.Xml.Linq.XElement(space + "UnitTestResult",
            new System.Xml.Linq.XAttribute("testName", t.Name), new System.Xml.Linq.XAttribute("outcome", t.Outcome), new System.Xml.Linq.XAttribute("duration", "00:00:00.1"),
            t.Message is null ? null : new System.Xml.Linq.XElement(space + "Output", new System.Xml.Linq.XElement(space + "ErrorInfo", new System.Xml.Linq.XElement(space + "Message", t.Message))))))).Save(Path.Combine(folder, name + ".trx"));
    }
}
