using System.Globalization;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Training.Checkpoints;

/// <summary>
/// The checkpoints of a run: one folder a step. A checkpoint is written aside, flushed, and renamed, so that a folder with a number for its name is always whole.
/// </summary>
/// <param name="path">runs/NAME/checkpoints.</param>
public sealed partial class CheckpointFolder(string path)
{
    private const int ReadOnly = 0;

    /// <summary>The folder.</summary>
    public string Path => path;

    /// <summary>Where the workers write their files of a step before it is complete.</summary>
    public string Partial(long step) => System.IO.Path.Combine(path, "." + Name(step) + ".partial");

    /// <summary>Where a complete checkpoint stands.</summary>
    public string Complete(long step) => System.IO.Path.Combine(path, Name(step));

    /// <summary>Steps with a complete checkpoint, ascending.</summary>
    public IReadOnlyList<long> Steps => !Directory.Exists(path) ? [] :
        [.. Directory.GetDirectories(path).Select(System.IO.Path.GetFileName)
            .Where(n => long.TryParse(n, NumberStyles.None, CultureInfo.InvariantCulture, out _)).Select(n => long.Parse(n!, CultureInfo.InvariantCulture)).Order()];

    /// <summary>The newest complete checkpoint's folder, or null.</summary>
    public string? Newest => Steps.Count == 0 ? null : Complete(Steps[^1]);

    /// <summary>Makes an empty folder for a step's files.</summary>
    public string Begin(long step)
    {
        var partial = Partial(step);
        if (Directory.Exists(partial)) Directory.Delete(partial, recursive: true);
        Directory.CreateDirectory(partial);
        return partial;
    }

    /// <summary>Completes a step's checkpoint: writes checkpoint.json and renames the folder.</summary>
    public string Commit(long step, CheckpointInfo info)
    {
        var (partial, complete) = (Partial(step), Complete(step));
        info.Write(partial);
        Flush(partial);
        if (Directory.Exists(complete))
        {
            // The same step again, after a resume: the new one replaces the old one, which stays whole until then.
            var old = complete + ".old";
            Directory.Move(complete, old);
            Directory.Move(partial, complete);
            Directory.Delete(old, recursive: true);
        }
        else
        {
            Directory.Move(partial, complete);
        }
        Flush(path);
        return complete;
    }

    /// <summary>Deletes all but the newest <paramref name="keep"/> checkpoints.</summary>
    public void Prune(int keep)
    {
        foreach (var step in Steps.SkipLast(keep)) Directory.Delete(Complete(step), recursive: true);
    }

    /// <summary>Deletes what a run that was ended in the midst of a checkpoint left; only while no run writes there.</summary>
    public void Clean()
    {
        if (!Directory.Exists(path)) return;
        foreach (var left in Directory.GetDirectories(path, ".*.partial")) Directory.Delete(left, recursive: true);
    }

    private static string Name(long step) => step.ToString("D8", CultureInfo.InvariantCulture);

    /// <summary>Flushes a folder's entries, which .NET cannot: a rename is only certain after it.</summary>
    private static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux()) return;
        var descriptor = Open(folder, ReadOnly);
        if (descriptor < 0) return;
        _ = Fsync(descriptor);
        _ = Close(descriptor);
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int Fsync(int descriptor);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int descriptor);
}
