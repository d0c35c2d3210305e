namespace AlexNetParallel.Training.Coordination;

/// <summary>Tells hosts apart.</summary>
public static class HostIdentity
{
    /// <summary>
    /// Equal in two processes exactly if they share memory and /proc: the same boot of the same kernel, and the same space of process ids (two
    /// containers of one machine differ).
    /// </summary>
    public static string Current { get; } = $"{Read("/proc/sys/kernel/random/boot_id")} {Link("/proc/self/ns/pid")}";

    private static string Read(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : Environment.MachineName;

    private static string Link(string path)
    {
        try
        {
            return new FileInfo(path).LinkTarget ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
