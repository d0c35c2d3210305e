using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Data;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Exchange.Mpi;
using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Training.Processes;

namespace AlexNetParallel.Cli.Machine;

/// <summary>Whether a thing is there.</summary>
internal enum FindingStatus
{
    /// <summary>It is.</summary>
    Ok,
    /// <summary>It is not, and some runs need it, or would be faster.</summary>
    Lacking,
    /// <summary>It is not, and no run can do without.</summary>
    Missing,
}

/// <summary>One thing that runs need of a machine.</summary>
/// <param name="Check">What was looked for.</param>
/// <param name="Status">Whether it is there.</param>
/// <param name="Found">What was found.</param>
/// <param name="Remedy">What to do about it; empty where nothing need be done.</param>
internal sealed record Finding(string Check, FindingStatus Status, string Found, string Remedy = "");

/// <summary>Looks at the machine.</summary>
internal static class Inspection
{
    /// <summary>Everything, in the order in which it is shown.</summary>
    public static IReadOnlyList<Finding> All() =>
        [System(), Processor(), Vectors(), Memory(), HugePages(), SharedMemory(), Loopback(), UnixSocket(), OpenMpi(), .. Libraries(), Recipes(), Disk()];

    /// <summary>What the processor calls itself.</summary>
    public static string ProcessorName => Lines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown processor";

    private static Finding System() => new("system", OperatingSystem.IsLinux() ? FindingStatus.Ok : FindingStatus.Missing,
        $"{RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}, {RuntimeInformation.FrameworkDescription}", OperatingSystem.IsLinux() ? "" : "only Linux is supported");

    private static Finding Processor()
    {
        var cores = Environment.ProcessorCount;
        var model = ProcessorName;
        return new Finding("processor", cores >= 2 ? FindingStatus.Ok : FindingStatus.Lacking, $"{model}, {cores} {(cores == 1 ? "core" : "cores")} for this process",
            cores >= 2 ? "" : "two workers will share it");
    }

    private static Finding Vectors()
    {
        var widest = CpuOptions.SupportedVectorBits[0];
        return new Finding("vectors", widest >= 256 ? FindingStatus.Ok : FindingStatus.Lacking, $"{string.Join(", ", CpuOptions.SupportedVectorBits)} bits",
            widest >= 256 ? "" : "computing takes two to four times as long as with AVX2 or AVX-512");
    }

    private static Finding Memory()
    {
        var plan = Plan.Compile(NetworkFile.Load("alexnet-2012"), PartitionFile.Load("paper"), 2, 128);
        var needed = plan.Programs.Sum(p => p.Memory.Total);
        var available = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        return new Finding("memory", available >= needed ? FindingStatus.Ok : FindingStatus.Lacking, $"{Units.Bytes(available)} for this process",
            available >= needed ? "" : $"two workers of alexnet-2012 at batch 128 need {Units.Bytes(needed)}: use a smaller batch");
    }

    private static Finding HugePages()
    {
        var setting = Lines("/sys/kernel/mm/transparent_hugepage/enabled").FirstOrDefault() ?? "";
        var on = setting.Contains("[always]", StringComparison.Ordinal) || setting.Contains("[madvise]", StringComparison.Ordinal);
        return new Finding("huge pages", on ? FindingStatus.Ok : FindingStatus.Lacking, setting.Length > 0 ? setting : "none", on ? "" : "large buffers are slower to reach without them");
    }

    private static Finding SharedMemory()
    {
        using var handle = global::System.IO.MemoryMappedFiles.MemoryMappedFile.CreateNew(null, 4096);
        var readable = Directory.Exists($"/proc/{Environment.ProcessId}/fd");
        return new Finding("shared memory", readable ? FindingStatus.Ok : FindingStatus.Lacking, readable ? "anonymous, through /proc" : "no /proc", readable ? "" : "use --transport grpc");
    }

    private static Finding Loopback() => Try("loopback", () =>
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return $"TCP on {listener.LocalEndpoint}";
    }, FindingStatus.Lacking);

    private static Finding UnixSocket() => Try("unix sockets", () =>
    {
        var path = Training.Runs.LocalRun.PrivateAddress().UnixPath!;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        File.Delete(path);
        return Path.GetDirectoryName(path)!;
    }, FindingStatus.Missing);

    private static Finding OpenMpi()
    {
        try
        {
            return Mpirun.Problem is { } problem
                ? new Finding("MPI", FindingStatus.Lacking, MpiTransport.Version, $"no --transport mpi: {problem}")
                : new Finding("MPI", FindingStatus.Ok, $"{MpiTransport.Version}, {Mpirun.Path}");
        }
        catch (MpiException e)
        {
            return new Finding("MPI", FindingStatus.Lacking, "not installed", $"no --transport mpi: {e.Message}");
        }
    }

    private static IEnumerable<Finding> Libraries() => ImageLibraries.Check().Select(l => l.Problem is null
        ? new Finding($"{l.Format} pictures", FindingStatus.Ok, "can be read")
        : new Finding($"{l.Format} pictures", FindingStatus.Lacking, "cannot be read", l.Problem));

    private static Finding Recipes() => RecipeFolder.Root is { } root
        ? new Finding("recipes", FindingStatus.Ok, root)
        : new Finding("recipes", FindingStatus.Missing, "no folder 'recipes' above the program", "run it from a checkout of the repository");

    private static Finding Disk()
    {
        const long checkpoint = 60_965_224L * 2 * sizeof(float);
        var drive = new DriveInfo(Path.GetFullPath("."));
        return new Finding("disk", drive.AvailableFreeSpace >= 4 * checkpoint ? FindingStatus.Ok : FindingStatus.Lacking, $"{Units.Bytes(drive.AvailableFreeSpace)} free here",
            drive.AvailableFreeSpace >= 4 * checkpoint ? "" : $"a checkpoint of alexnet-2012 takes {Units.Bytes(checkpoint)}");
    }

    private static Finding Try(string check, Func<string> look, FindingStatus otherwise)
    {
        try
        {
            return new Finding(check, FindingStatus.Ok, look());
        }
        catch (Exception e) when (e is SocketException or IOException or UnauthorizedAccessException)
        {
            return new Finding(check, otherwise, "not usable", e.Message);
        }
    }

    private static IEnumerable<string> Lines(string path) => File.Exists(path) ? File.ReadLines(path) : [];
}
