using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetParallel.Training.Checkpoints;

/// <summary>One file of a checkpoint.</summary>
/// <param name="Name">Name within the checkpoint's folder.</param>
/// <param name="Bytes">Size.</param>
/// <param name="Sha256">Of its bytes, lower-case hexadecimal.</param>
public sealed record CheckpointFile(string Name, long Bytes, string Sha256);

/// <summary>checkpoint.json: what a checkpoint is of, and how to tell that it is whole.</summary>
public sealed record CheckpointInfo
{
    /// <summary>Name of the file in a checkpoint's folder.</summary>
    public const string FileName = "checkpoint.json";

    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>Version of this format.</summary>
    public int Format { get; init; } = 1;

    /// <summary>Training steps done.</summary>
    public required long Step { get; init; }

    /// <summary>Number of the last tick done.</summary>
    public required long Tick { get; init; }

    /// <summary>Passes over the training images that are complete.</summary>
    public required int Epoch { get; init; }

    /// <summary>Name of the network.</summary>
    public required string Network { get; init; }

    /// <summary>Dialect of the network.</summary>
    public required string Dialect { get; init; }

    /// <summary>SHA-256 of all weights and biases in network order, as `alexnet train --json` reports it at the end.</summary>
    public required string WeightsSha256 { get; init; }

    /// <summary>State of a schedule that depends on the course so far (÷10 on plateau); null for others.</summary>
    public JsonElement? Schedule { get; init; }

    /// <summary>Images and errors counted in the running epoch, where the recipe stops at a training error; null for others.</summary>
    public JsonElement? Progress { get; init; }

    /// <summary>The workers' files.</summary>
    public required IReadOnlyList<CheckpointFile> Files { get; init; }

    /// <summary>Writes the file, flushed to the disk.</summary>
    public void Write(string folder)
    {
        using var file = new FileStream(Path.Combine(folder, FileName), FileMode.Create, FileAccess.Write);
        JsonSerializer.Serialize(file, this, Json);
        file.Flush(flushToDisk: true);
    }

    /// <summary>Reads the file.</summary>
    /// <exception cref="CheckpointException">There is none, or it cannot be understood.</exception>
    public static CheckpointInfo Read(string folder)
    {
        var path = Path.Combine(folder, FileName);
        if (!File.Exists(path)) throw new CheckpointException(path, "not found; expected a checkpoint's folder, e.g. runs/NAME/checkpoints/STEP");
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize<CheckpointInfo>(file, Json) ?? throw new CheckpointException(path, "is empty");
        }
        catch (JsonException e)
        {
            throw new CheckpointException(path, $"cannot be understood: {e.Message}");
        }
    }
}
