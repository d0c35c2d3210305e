using System.CommandLine;
using System.Globalization;
using System.Numerics;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>Options that take whole numbers, with a message that says what was found and what was expected.</summary>
internal static class Numbers
{
    public static Option<int?> Option(string name, string description, int least) => Make<int>(name, description, least);

    public static Option<long?> LongOption(string name, string description, long least) => Make(name, description, least);

    public static Option<ulong?> SeedOption(string name, string description) => Make<ulong>(name, description, 0);

    /// <summary>Numbers with commas between: 0,1.</summary>
    public static Option<int[]?> ListOption(string name, string description, int least = 0, string example = "0,1") => new(name)
    {
        Description = description,
        HelpName = "N,N,…",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            var numbers = text.Split(',').Select(t => int.TryParse(t, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1).ToArray();
            if (numbers.All(n => n >= least)) return numbers;
            result.AddError($"{name}: found '{text}'; expected whole numbers from {least} with commas between, such as {example}");
            return null;
        },
    };

    private static Option<T?> Make<T>(string name, string description, T least) where T : struct, IBinaryInteger<T>, IMinMaxValue<T> => new(name)
    {
        Description = description,
        HelpName = "N",
        CustomParser = result =>
        {
            var text = result.Tokens.Count > 0 ? result.Tokens[^1].Value : "";
            if (T.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least) return number;
            result.AddError($"{name}: found '{text}'; expected a whole number from {least} to {T.MaxValue}");
            return null;
        },
    };
}
