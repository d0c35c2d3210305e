namespace AlexNetParallel.Training.Coordination;

/// <summary>Collects one text of each worker under a key.</summary>
internal sealed class GatherBoard(int workers)
{
    private readonly Dictionary<string, string?[]> open = [];

    /// <summary>Takes a worker's text. Returns all texts by rank when it was the last one; null before.</summary>
    /// <exception cref="InvalidDataException">The worker sends the key twice, or the texts must agree and do not: the message says who has what.</exception>
    public IReadOnlyList<string>? Put(int rank, string key, string value, bool mustAgree)
    {
        if (!open.TryGetValue(key, out var values)) open.Add(key, values = new string?[workers]);
        if (values[rank] is not null) throw new InvalidDataException($"worker {rank} gives '{key}' twice");
        values[rank] = value;
        if (values.Contains(null)) return null;
        open.Remove(key);
        if (mustAgree) Agree(key, values!);
        return values!;
    }

    /// <summary>Throws unless all texts are equal.</summary>
    /// <exception cref="InvalidDataException">They are not.</exception>
    public static void Agree(string key, IReadOnlyList<string> values)
    {
        if (values.Distinct().Count() <= 1) return;
        var groups = values.Select((value, rank) => (value, rank)).GroupBy(x => x.value, x => x.rank).Select(g => $"worker{(g.Count() > 1 ? "s" : "")} {string.Join(", ", g)}: {g.Key}");
        throw new InvalidDataException($"the workers do not agree on the {key}: {string.Join("; ", groups)}. All must run the same version of the program on the same data");
    }
}
