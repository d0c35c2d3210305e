using System.Text.Json;
using System.Xml.Linq;

namespace AlexNetParallel.Cli.Tests;

public sealed class ExploreTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Every_partition_is_forecast_on_the_machine_of_2012()
    {
        var (markdown, chart) = (Path.Combine(folder, "p.md"), Path.Combine(folder, "p.svg"));
        var (code, output, error) = await Command.RunAsync("explore", "--network", "alexnet-2012", "--dialect", "source", "--batch", "128", "--machine", "gtx-580", "--json", "--markdown", markdown, "--chart", chart);
        Assert.True(code == 0, error);
        var rows = output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToDictionary(r => r.GetProperty("partition").GetString()!);
        Assert.Equal(["data", "hybrid", "hybrid-slices", "hybrid-turns", "paper", "pipeline", "single", "source", "source-half"], rows.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(30_015_488, rows["source-half"].GetProperty("bytes").GetInt64());
        Assert.Equal((60_030_976, 487_721_792, 0), (rows["source"].GetProperty("bytes").GetInt64(), rows["data"].GetProperty("bytes").GetInt64(), rows["single"].GetProperty("bytes").GetInt64()));
        Assert.True(rows["source"].GetProperty("forecast_seconds").GetDouble() < rows["data"].GetProperty("forecast_seconds").GetDouble());
        Assert.All(rows.Values, r => Assert.Equal(2, r.GetProperty("memory_bytes").GetArrayLength()));
        Assert.Equal(9, File.ReadLines(markdown).Count(l => l.StartsWith("| ", StringComparison.Ordinal)) - 1);
        // A picture that can be read: a name for each bar, and well-formed.
        var texts = XDocument.Load(chart).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        Assert.All(rows.Keys.Where(k => k != "single"), name => Assert.Contains($"{name}, pcie", texts));
    }

    [Fact]
    public async Task All_cuts_are_one_table_that_the_documentation_holds()
    {
        var markdown = Path.Combine(folder, "partitions.md");
        var (code, output, error) = await Command.RunAsync("explore", "--all", "--machine", "gtx-580", "--json", "--markdown", markdown);
        Assert.True(code == 0, error);
        var rows = output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal(4, rows.Count(r => r.GetProperty("workers").GetInt32() == 4));
        Assert.Equal("41.83 % / 19.33 %", Assert.Single(rows, r => r.GetProperty("network").GetString() == "alexnet-150").GetProperty("result").GetString());
        // The page in the documentation may have the columns of a run, too.
        var (now, kept) = (Table(markdown), Table(Testing.Repository.Path("docs", "partitions.md")));
        Assert.Equal(now.Select(r => string.Join(" | ", r.Values)), kept.Select(r => string.Join(" | ", r.Where(c => now[0].ContainsKey(c.Key)).Select(c => c.Value))));
    }

    [Fact]
    public async Task More_workers_are_a_table_and_a_picture()
    {
        var chart = Path.Combine(folder, "s.svg");
        var (code, output, error) = await Command.RunAsync("explore", "--network", "vgg-d", "--batch", "8192", "--workers", "256", "--partition", "data", "--machine", "100gbe-v100", "--scaling", "--json", "--chart", chart);
        Assert.True(code == 0, error);
        var rows = output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Equal([1, 2, 4, 8, 16, 32, 64, 128, 256], rows.Select(r => r.GetProperty("workers").GetInt32()));
        foreach (var rates in rows.Select(r => r.GetProperty("images_per_second")))
            foreach (var known in (string[])["data", "hybrid"])
                if (rates.GetProperty(known) is { ValueKind: JsonValueKind.Number } rate) Assert.True(rates.GetProperty("best").GetDouble() >= rate.GetDouble() * (1 - 1e-12), known);
        var texts = XDocument.Load(chart).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        Assert.All((string[])["workers", "images a second", "data", "best"], text => Assert.Contains(text, texts));
    }

    private static List<Dictionary<string, string>> Table(string file)
    {
        var lines = File.ReadLines(file).Where(l => l.StartsWith("| ", StringComparison.Ordinal)).Select(l => l.Trim('|', ' ').Split(" | ").Select(c => c.Trim()).ToList()).ToList();
        return [.. lines.Skip(1).Select(l => lines[0].Zip(l.Concat(Enumerable.Repeat("", lines[0].Count))).ToDictionary(c => c.First, c => c.Second))];
    }

    [Fact]
    public async Task The_search_says_what_the_best_costs_beside_what_is_known()
    {
        var (code, output, error) = await Command.RunAsync("explore", "--network", "alexnet-2012", "--batch", "8192", "--workers", "64", "--partition", "data", "--machine", "100gbe-v100", "--search", "--json");
        Assert.True(code == 0, error);
        var lines = output.Trim().Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToDictionary(l => l.GetProperty("name").GetString()!);
        var best = lines["best"];
        Assert.InRange(best.GetProperty("search_seconds").GetDouble(), 0, 1);
        Assert.Equal(17, best.GetProperty("layers").GetArrayLength());
        foreach (var known in (string[])["data", "hybrid"]) Assert.True(best.GetProperty("seconds").GetDouble() <= lines[known].GetProperty("seconds").GetDouble(), known);
    }

    [Theory]
    [InlineData("no machine of that name", "--machine", "gtx-581")]
    [InlineData("only this machine can be run on", "--machine", "v100", "--run")]
    [InlineData("no link 'pigeon'", "--machine", "v100", "--transports", "pigeon")]
    public async Task What_cannot_be_forecast_is_said(string message, params string[] arguments)
    {
        var (code, _, error) = await Command.RunAsync(["explore", .. arguments]);
        Assert.Equal(2, code);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}
