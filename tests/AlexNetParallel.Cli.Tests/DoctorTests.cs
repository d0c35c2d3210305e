using System.Text.Json;

namespace AlexNetParallel.Cli.Tests;

public sealed class DoctorTests
{
    [Fact]
    public async Task Every_check_is_a_line()
    {
        var (code, output, _) = await Command.RunAsync("doctor", "--json");
        Assert.Equal(0, code); // the tests run here, so nothing that all runs need is missing
        var checks = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.Superset(new HashSet<string> { "system", "processor", "vectors", "memory", "shared memory", "JPEG pictures", "PNG pictures", "recipes" },
            checks.Select(c => c.GetProperty("check").GetString()!).ToHashSet());
        Assert.All(checks, c => Assert.Contains(c.GetProperty("status").GetString(), (string[])["ok", "lacking"]));
        // What is lacking comes with what to do.
        Assert.All(checks, c => Assert.Equal(c.GetProperty("status").GetString() == "ok", c.GetProperty("remedy").GetString()!.Length == 0));
    }
}
