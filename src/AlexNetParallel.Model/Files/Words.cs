using System.Text;

namespace AlexNetParallel.Model.Files;

/// <summary>How enumeration members are written in files (ImageCentre as image_centre), and help for words that are not among the known ones.</summary>
internal static class Words
{
    /// <summary>The word for an enumeration member: lower case, parts joined by underscores.</summary>
    public static string Of<T>(T value) where T : struct, Enum
    {
        var word = new StringBuilder();
        foreach (var letter in value.ToString())
        {
            if (char.IsUpper(letter) && word.Length > 0) word.Append('_');
            word.Append(char.ToLowerInvariant(letter));
        }
        return word.ToString();
    }

    /// <summary>All words of an enumeration, in its order.</summary>
    public static IReadOnlyList<string> All<T>() where T : struct, Enum => [.. Enum.GetValues<T>().Select(Of)];

    /// <summary>"'a', 'b' or 'c'".</summary>
    public static string Choice(IReadOnlyCollection<string> words)
    {
        var quoted = words.Select(w => $"'{w}'").ToArray();
        return quoted.Length < 2 ? string.Concat(quoted) : $"{string.Join(", ", quoted[..^1])} or {quoted[^1]}";
    }

    /// <summary>" (did you mean 'stride'?)" where a known word is near, else nothing.</summary>
    public static string DidYouMean(string word, IEnumerable<string> known)
    {
        var (nearest, distance) = known
            .Select(k => (Word: k, Distance: Distance(word.ToLowerInvariant(), k.ToLowerInvariant())))
            .DefaultIfEmpty((Word: "", Distance: int.MaxValue))
            .MinBy(k => k.Distance);
        return distance <= Math.Max(1, word.Length / 3) ? $" (did you mean '{nearest}'?)" : "";
    }

    /// <summary>Letters to insert, delete, replace or swap with their neighbour to make one word the other.</summary>
    private static int Distance(string a, string b)
    {
        var table = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    table[i, j] = i + j;
                    continue;
                }
                var least = Math.Min(table[i - 1, j], table[i, j - 1]) + 1;
                least = Math.Min(least, table[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) least = Math.Min(least, table[i - 2, j - 2] + 1);
                table[i, j] = least;
            }
        }
        return table[a.Length, b.Length];
    }
}
