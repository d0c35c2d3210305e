using System.Text.Json;
using AlexNetParallel.Data.Preparing;

namespace AlexNetParallel.Data.Prepared;

/// <summary>One shard of a prepared set: a plain tar of JPEG files, with an index beside it.</summary>
/// <param name="File">Name of the tar; the index has ".index" behind it.</param>
/// <param name="Images">Number of images.</param>
/// <param name="Sha256">Of the index's bytes, lower-case hexadecimal.</param>
public sealed record PreparedShard(string File, int Images, string Sha256);

/// <summary>What could not be used.</summary>
/// <param name="File">Its name in the source.</param>
/// <param name="Reason">Why.</param>
public sealed record BrokenFile(string File, string Reason);

/// <summary>dataset.json of a folder that 'alexnet data prepare' made: images of one size in shards, the mean image, the colours' covariance.</summary>
public sealed record PreparedSet
{
    /// <summary>Name of the file; a folder that has it is such a set.</summary>
    public const string FileName = "dataset.json";

    /// <summary>Name of the mean image: NumPy's format, float32 [3, size, size], R, G, B, 0..255.</summary>
    public const string MeanName = "mean.npy";

    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Version of this format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Where the images came from.</summary>
    public required string Source { get; init; }

    /// <summary>Side of the square images, pixels.</summary>
    public required int Size { get; init; }

    /// <summary>JPEG quality, 1 to 100.</summary>
    public required int Quality { get; init; }

    /// <summary>The classes by label, with their names in words where they were given.</summary>
    public required IReadOnlyList<string> Classes { get; init; }

    /// <summary>Shards of training images.</summary>
    public required IReadOnlyList<PreparedShard> Train { get; init; }

    /// <summary>Shards of test images.</summary>
    public required IReadOnlyList<PreparedShard> Test { get; init; }

    /// <summary>Training images in the mean.</summary>
    public required long MeanOf { get; init; }

    /// <summary>Covariance of R, G, B over all pixels of the training images, pixels in [0, 1], row after row.</summary>
    public required IReadOnlyList<double> Covariance { get; init; }

    /// <summary>Standard deviations along the eigenvectors, pixels 0..255, largest first: the 2012 program's color_pca.</summary>
    public required IReadOnlyList<double> Deviations { get; init; }

    /// <summary>Eigenvectors of the covariance: three rows R, G, B of three columns.</summary>
    public required IReadOnlyList<double> Eigenvectors { get; init; }

    /// <summary>Files of the source that could not be used.</summary>
    public required IReadOnlyList<BrokenFile> Broken { get; init; }

    /// <summary>True when a folder holds such a set.</summary>
    public static bool IsIn(string folder) => File.Exists(Path.Combine(folder, FileName));

    /// <summary>Reads dataset.json.</summary>
    /// <exception cref="DataSetException">It cannot be understood.</exception>
    public static PreparedSet Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        try
        {
            var set = JsonSerializer.Deserialize<PreparedSet>(File.ReadAllText(path), Json) ?? throw new DataSetException($"{path} is empty");
            return set is { Format: 1, Size: > 0, Covariance.Count: 9 } && set.Classes.Count > 0 ? set
                : throw new DataSetException($"{path} has format {set.Format}, size {set.Size}, {set.Classes.Count} classes; expected what 'alexnet data prepare' of this version writes");
        }
        catch (JsonException e)
        {
            throw new DataSetException($"{path} cannot be understood: {e.Message}", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataSetException($"{path} cannot be read: {e.Message}", e);
        }
    }

    /// <summary>Writes dataset.json, aside and then renamed.</summary>
    public void Write(string folder) => Whole.Write(Path.Combine(folder, FileName), JsonSerializer.SerializeToUtf8Bytes(this, Json));

    /// <summary>Mean image and covariance as training uses them.</summary>
    /// <exception cref="DataSetException">The mean image is missing or of another size.</exception>
    public TrainingStatistics Statistics(string folder)
    {
        var covariance = new double[3, 3];
        for (var i = 0; i < 9; i++) covariance[i / 3, i % 3] = Covariance[i];
        return new TrainingStatistics(MeanOf, Size, Size, MeanFile.Read(Path.Combine(folder, MeanName), Size), covariance);
    }
}

/// <summary>Files that are there whole or not at all.</summary>
internal static class Whole
{
    /// <summary>Writes aside, flushes, renames.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var aside = path + ".partial";
        using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write))
        {
            file.Write(bytes);
            file.Flush(flushToDisk: true);
        }
        File.Move(aside, path, overwrite: true);
    }
}
