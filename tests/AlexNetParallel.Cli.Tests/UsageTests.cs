using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests;

/// <summary>Wrong usage and wrong files: exit code 2, one message on standard error, nothing on standard output.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("paln", "'plan'|Did you mean")]
    [InlineData("plan --wrokers 2", "--wrokers")]
    [InlineData("plan --workers two", "--workers: found 'two'; expected a whole number from 1")]
    [InlineData("plan --workers 0", "--workers: found '0'; expected a whole number from 1")]
    [InlineData("plan --batch -5", "--batch: found '-5'; expected a whole number from 1")]
    [InlineData("plan --workers 3", "which 3 workers cannot share evenly")]
    [InlineData("plan --network nowhere", "found no network of that name")]
    [InlineData("plan --partition nowhere", "found no partition of that name")]
    [InlineData("plan --dialect french", "french")]
    [InlineData("data info", "PATH")]
    [InlineData("data info /nowhere/at/all", "/nowhere/at/all")]
    [InlineData("train --steps 5 --epochs 1", "found both --steps and --epochs")]
    [InlineData("train --data /nowhere/at/all", "found no images in '/nowhere/at/all'")]
    [InlineData("train --transport pigeon", "pigeon")]
    [InlineData("train --device abacus", "abacus")]
    [InlineData("train --recipe nowhere", "found no recipe of that name")]
    [InlineData("train --run /nowhere/at/all --resume", "found no run to resume in /nowhere/at/all")]
    [InlineData("worker", "--coordinator")]
    [InlineData("worker --coordinator nonsense", "--coordinator: 'nonsense' is not an address")]
    [InlineData("coordinator --listen 10.0.0.1:7000 --certificates /nowhere/at/all", "/nowhere/at/all")]
    [InlineData("cluster certs /tmp", "NODE")]
    public async Task Wrong_arguments_are_told(string line, string message)
    {
        var (code, output, error) = await Command.RunAsync(line.Split(' '));
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(message.Split('|'), part => error.Contains(part, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_file_is_told_with_its_line()
    {
        var file = Path.GetTempFileName() + ".yaml";
        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(Repository.Path("recipes", "networks", "quickstart.yaml"))).Replace("type: convolution", "type: convolotion", StringComparison.Ordinal));
        try
        {
            var (code, _, error) = await Command.RunAsync("plan", "--network", file);
            Assert.Equal(2, code);
            Assert.Matches($@"{System.Text.RegularExpressions.Regex.Escape(file)}:\d+: found .*convolotion", error);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
