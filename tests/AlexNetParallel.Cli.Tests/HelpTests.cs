using System.CommandLine;
using AlexNetParallel.Cli.Verbs;

namespace AlexNetParallel.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> Verbs => [.. All(CommandLine.Create()).Select(v => CommandLine.Path(v)["alexnet ".Length..])];

    [Theory]
    [MemberData(nameof(Verbs))]
    public async Task Every_verb_has_help_with_examples(string verb)
    {
        var (code, output, error) = await Command.RunAsync([.. verb.Split(' '), "--help"]);
        Assert.Equal((0, ""), (code, error));
        var command = Find(verb);
        Assert.Contains(command.Description!, output, StringComparison.Ordinal);
        Assert.All(command.Options.Where(o => !o.Hidden), option =>
        {
            Assert.Contains(option.Name, output, StringComparison.Ordinal);
            Assert.False(string.IsNullOrEmpty(option.Description), $"{option.Name} has no description");
        });
        Assert.Contains("Examples:", output, StringComparison.Ordinal);
        Assert.All(command.Examples, example => Assert.Contains(example.Command, output, StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_example_is_a_command_line_of_its_verb(string verb)
    {
        var command = Find(verb);
        Assert.NotEmpty(command.Examples);
        Assert.All(command.Examples, example =>
        {
            var own = example.Command.Split('|', '>')[0].Trim();
            Assert.StartsWith($"./{CommandLine.Path(command)}", own, StringComparison.Ordinal);
            var parsed = CommandLine.Create().Parse(own["./alexnet ".Length..]);
            Assert.True(parsed.Errors.Count == 0, $"{own}: {string.Join("; ", parsed.Errors)}");
            Assert.Equal(command.Name, parsed.CommandResult.Command.Name);
        });
    }

    [Fact]
    public async Task Without_a_verb_the_help_goes_to_standard_error()
    {
        var (code, output, error) = await Command.RunAsync();
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("Usage:", error, StringComparison.Ordinal);
    }

    private static Verb Find(string verb) => All(CommandLine.Create()).Single(v => CommandLine.Path(v) == $"alexnet {verb}");

    private static IEnumerable<Verb> All(System.CommandLine.Command command) => command.Subcommands.SelectMany(All).Concat(command is Verb verb ? [verb] : []);
}
