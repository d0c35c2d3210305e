using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Networks;

/// <summary>Reads the keys of a layer that say how it is divided into towers, and which towers of its input each reads.</summary>
internal static class TowerReader
{
    private const string Forms = "tower, all, or one list of towers for each tower, such as [[0, 1], [0, 1], [2, 3], [2, 3]]";

    /// <summary>The key "towers": the network's number, or 1 where the layer joins them.</summary>
    public static int Towers(Section section, int networkTowers)
    {
        var entry = section.Find("towers");
        if (entry is null) return networkTowers;
        var towers = (int)entry.AsWhole(1, int.MaxValue);
        return towers == 1 || towers == networkTowers ? towers : throw entry.Wrong(networkTowers == 1 ? "1" : $"1 or the network's {networkTowers}");
    }

    /// <summary>The key "reads".</summary>
    /// <param name="section">The layer.</param>
    /// <param name="towers">Towers of its output.</param>
    /// <param name="inputTowers">Towers of its input.</param>
    /// <param name="isFirst">True where the input is the image.</param>
    public static IReadOnlyList<IReadOnlyList<int>> Reads(Section section, int towers, int inputTowers, bool isFirst)
    {
        var entry = section.Find("reads");
        if (entry is null)
        {
            if (inputTowers == 1) return All(towers, inputTowers);
            throw section.Missing("reads", Forms);
        }
        if (entry.IsList) return Lists(entry, towers, inputTowers);
        var word = entry.AsText(Forms);
        if (word == "all") return All(towers, inputTowers);
        if (word != "tower") throw entry.Wrong(Forms, Words.DidYouMean(word, ["tower", "all"]));
        if (inputTowers == towers && !isFirst) return Own(towers);
        throw entry.Wrong(isFirst
            ? "all: the image is not divided into towers"
            : $"all or lists: the layer has {Count(towers)}, its input {Count(inputTowers)}");
    }

    /// <summary>Every tower reads the one with its number.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> Own(int towers) =>
        new ValueList<IReadOnlyList<int>>(Enumerable.Range(0, towers).Select(t => new ValueList<int>([t])));

    /// <summary>Every tower reads all.</summary>
    public static IReadOnlyList<IReadOnlyList<int>> All(int towers, int inputTowers) =>
        new ValueList<IReadOnlyList<int>>(Enumerable.Range(0, towers).Select(_ => new ValueList<int>(Enumerable.Range(0, inputTowers))));

    private static ValueList<IReadOnlyList<int>> Lists(Entry entry, int towers, int inputTowers)
    {
        var lists = entry.AsList().Select(list => (Entry: list, Towers: list.AsList(Forms).Select(t =>
        {
            var tower = t.AsWhole(0, int.MaxValue);
            return tower < inputTowers ? (int)tower : throw t.Wrong($"a tower of the input, which has {Count(inputTowers)}, numbered from 0");
        }).ToArray())).ToArray();
        if (lists.Length != towers) throw entry.Wrong($"{towers} lists, one for each tower of the layer, not {lists.Length}");
        foreach (var (place, list) in lists)
        {
            if (list.Length == 0 || !list.SequenceEqual(list.Distinct().Order())) throw place.Wrong("in each list of towers at least one, each once, ascending");
            if (list.Length != lists[0].Towers.Length) throw place.Wrong("lists of the same length, so that all towers have kernels of one size");
        }
        return new(lists.Select(l => new ValueList<int>(l.Towers)));
    }

    private static string Count(int towers) => towers == 1 ? "1 tower" : $"{towers} towers";
}
