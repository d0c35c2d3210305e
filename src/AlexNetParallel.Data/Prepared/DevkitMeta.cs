using AlexNetParallel.Data.Reading;

namespace AlexNetParallel.Data.Prepared;

/// <summary>One class of an ILSVRC, as the devkit lists it.</summary>
/// <param name="Id">ILSVRC's number, from 1: what the ground truth's lines are.</param>
/// <param name="Wnid">WordNet's, such as n01440764: what the folders and tars are called.</param>
/// <param name="Words">Its names, with commas between; empty where the file has none.</param>
public sealed record Synset(int Id, string Wnid, string Words);

/// <summary>The devkit's data/meta.mat: a structure array "synsets" with ILSVRC2012_ID (ILSVRC2010_ID), WNID and words.</summary>
public static class DevkitMeta
{
    /// <summary>True for a file that is to be read as meta.mat.</summary>
    public static bool IsNamedSo(string path) => path.EndsWith(".mat", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads it. Synsets of the hierarchy's inner nodes, which have no pictures, are among them.</summary>
    /// <exception cref="DataSetException">It cannot be read, is damaged, or is something else.</exception>
    public static IReadOnlyList<Synset> Read(string path)
    {
        var rows = MatFile.ReadStructures(path, "synsets");
        var id = rows.FirstOrDefault()?.Keys.FirstOrDefault(k => k.StartsWith("ILSVRC", StringComparison.Ordinal) && k.EndsWith("_ID", StringComparison.Ordinal));
        if (id is null) throw new DataSetException($"{path}: the synsets have no field like ILSVRC2012_ID; found {string.Join(", ", rows.FirstOrDefault()?.Keys ?? [])}");
        var synsets = new Dictionary<int, Synset>();
        foreach (var (i, row) in rows.Index())
        {
            if (row[id].Number is not (>= 1 and <= int.MaxValue and var number) || number != Math.Floor(number) || row.GetValueOrDefault("WNID").Text is not { Length: > 0 } wnid)
                throw new DataSetException($"{path}: synset {i + 1} has the {id} '{row[id].Number}' and the WNID '{row.GetValueOrDefault("WNID").Text}'; expected a whole number from 1, and a name");
            if (!synsets.TryAdd((int)number, new Synset((int)number, wnid, row.GetValueOrDefault("words").Text ?? "")))
                throw new DataSetException($"{path}: two synsets have the {id} {number}");
        }
        return [.. synsets.Values];
    }
}
