using System.Globalization;
using AlexNetParallel.Data.Reading;

namespace AlexNetParallel.Data.Prepared;

/// <summary>The pictures that a preparation reads.</summary>
internal sealed class SourceFiles(ImageFiles files, ImageFile[]? test = null, FileTree? others = null) : IDisposable
{
    public string Description => test is null ? files.Description : $"{files.Description}; {test.Length} pictures of a validation tar";

    public IReadOnlyList<string> Classes => files.Classes;

    /// <summary>With a validation tar nothing of the training part is held back.</summary>
    public ImageFile[] Train { get; } = test is null ? files.Train : [.. files.Train.Concat(files.Test).OrderBy(f => f.Label).ThenBy(f => f.Name, StringComparer.Ordinal)];

    public ImageFile[] Test => test ?? files.Test;

    public IEnumerable<(string File, string Reason)> PassedOver => files.PassedOver.Concat(others?.PassedOver ?? []);

    public void Dispose()
    {
        files.Dispose();
        others?.Dispose();
    }
}

/// <summary>
/// A validation set as ILSVRC gives it: a tar of pictures without class folders, and the devkit's file with one ILSVRC ID (1, 2, …) a line in the order of the names.
/// </summary>
/// <param name="Tar">The tar, such as ILSVRC2012_img_val.tar.</param>
/// <param name="GroundTruth">The devkit's file, such as ILSVRC2012_validation_ground_truth.txt.</param>
/// <param name="Ids">
/// What says which class an ID is, for IDs are not in the order of labels: the devkit's meta.mat; or a text file, tab-separated, with a heading that names the columns "wnid" and
/// "ilsvrc2012_id" (or "id"), or else one WNID a line in the order of the IDs.
/// </param>
public sealed record ValidationLabels(string Tar, string GroundTruth, string Ids)
{
    /// <summary>The source's training pictures with this tar's pictures to test with.</summary>
    internal SourceFiles Add(string source)
    {
        var files = ImageFiles.Open(source);
        var tree = new FileTree();
        try
        {
            TarReading.Read(Tar, "", tree, ImageFiles.DefaultMemoryLimit);
            var labels = files.Classes.Index().ToDictionary(c => c.Item, c => c.Index, StringComparer.Ordinal);
            var wnids = ReadIds();
            var truth = Lines(GroundTruth).Select((line, i) => int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && wnids.ContainsKey(id) ? id
                : throw new DataSetException($"{GroundTruth}:{i + 1}: found '{line}'; expected an ILSVRC ID that {Ids} has")).ToList();
            var pictures = tree.Files.OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
            if (pictures.Count != truth.Count)
                throw new DataSetException($"{Tar} holds {pictures.Count} pictures, {GroundTruth} has {truth.Count} lines; expected one for each picture, in the order of their names");
            var test = pictures.Zip(truth, (picture, id) => labels.TryGetValue(wnids[id], out var label) ? new ImageFile(picture.Path, label, picture.Bytes)
                : throw new DataSetException($"{picture.Path} is of class {wnids[id]}, which the training pictures of {source} lack")).ToArray();
            return new SourceFiles(files, test, tree);
        }
        catch
        {
            files.Dispose();
            tree.Dispose();
            throw;
        }
    }

    private Dictionary<int, string> ReadIds()
    {
        if (DevkitMeta.IsNamedSo(Ids)) return DevkitMeta.Read(Ids).ToDictionary(s => s.Id, s => s.Wnid);
        var lines = Lines(Ids);
        var heading = lines[0].ToLowerInvariant().Split('\t');
        var (wnid, id) = (Array.IndexOf(heading, "wnid"), Array.FindIndex(heading, h => h is "ilsvrc2012_id" or "ilsvrc2010_id" or "id"));
        if (heading.Length == 1) return lines.Select((line, i) => (Id: i + 1, Wnid: line.Split(' ')[0])).ToDictionary(p => p.Id, p => p.Wnid);
        if (wnid < 0 || id < 0) throw new DataSetException($"{Ids}:1: found the columns {string.Join(", ", heading)}; expected 'wnid' and 'ilsvrc2012_id' among them, or one WNID a line");
        var result = new Dictionary<int, string>();
        foreach (var (number, line) in lines.Index().Skip(1))
        {
            var fields = line.Split('\t');
            if (fields.Length != heading.Length || !int.TryParse(fields[id], NumberStyles.None, CultureInfo.InvariantCulture, out var value) || !result.TryAdd(value, fields[wnid]))
                throw new DataSetException($"{Ids}:{number + 1}: found '{line}'; expected {heading.Length} fields with an ID of its own in '{heading[id]}'");
        }
        return result;
    }

    private static List<string> Lines(string path)
    {
        try
        {
            var lines = File.ReadLines(path).Select(l => l.Trim()).Where(l => l.Length > 0).ToList();
            return lines.Count > 0 ? lines : throw new DataSetException($"{path} is empty");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{path} cannot be read: {e.Message}", e);
        }
    }
}
