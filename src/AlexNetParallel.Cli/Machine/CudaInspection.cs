using System.Globalization;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Cli.Machine;

/// <summary>Looks at what the machine has of CUDA: driver, compiler, devices, and the path between each two of them.</summary>
internal static class CudaInspection
{
    /// <summary>Everything, in the order in which it is shown.</summary>
    /// <param name="driver">The driver to look at.</param>
    public static IEnumerable<Finding> All(CudaDriverKind driver)
    {
        yield return Compiler();
        Finding? missing = null;
        try
        {
            CudaDriver.Open(driver);
        }
        catch (CudaException e)
        {
            missing = new Finding("cuda driver", FindingStatus.Lacking, "none", e.Message);
        }
        if (missing is not null)
        {
            yield return missing;
            yield break;
        }
        var count = CudaDriver.DeviceCount;
        yield return new Finding("cuda driver", FindingStatus.Ok,
            $"{(driver == CudaDriverKind.Soft ? "the software device" : "NVIDIA's")}, for CUDA {CudaDriver.Version}, {count} {(count == 1 ? "device" : "devices")}");
        for (var device = 0; device < count; device++) yield return Device(device);
        yield return Try("cublas", () => CudaSurvey.CublasVersion(0) is { } version
            ? new Finding("cublas", FindingStatus.Ok, $"version {version}")
            : new Finding("cublas", FindingStatus.Lacking, "none", "fully connected layers use the project's own GEMM; cuBLAS is part of the CUDA toolkit (Debian: libcublas11, non-free)"));
        for (var from = 0; from < count; from++)
            for (var to = 0; to < count; to++)
                yield return Path(from, to);
    }

    private static Finding Compiler()
    {
        var (version, architectures, remedy) = CudaSurvey.Compiler();
        return version is null
            ? new Finding("nvrtc", FindingStatus.Lacking, "none", $"the CUDA kernels cannot be compiled: {remedy}")
            : new Finding("nvrtc", FindingStatus.Ok, $"version {version}, compiles for sm_{architectures[0]} to sm_{architectures[^1]}");
    }

    private static Finding Device(int ordinal)
    {
        var name = $"cuda device {ordinal}";
        return Try(name, () =>
        {
            var info = CudaDriver.Describe(ordinal);
            var (free, total) = CudaSurvey.Memory(ordinal);
            var plan = Plan.Compile(NetworkFile.Load("alexnet-2012"), PartitionFile.Load("paper"), 2, 128);
            var needed = plan.Programs.Max(p => new CudaMemoryPlan(p, cublas: false).Bytes);
            var enough = free >= needed;
            var found = string.Create(CultureInfo.InvariantCulture,
                $"{info.Name}, compute capability {info.Capability / 10}.{info.Capability % 10}, {info.Multiprocessors} multiprocessors, {Units.Bytes(free)} of {Units.Bytes(total)} free");
            return new Finding(name, enough ? FindingStatus.Ok : FindingStatus.Lacking, found,
                enough ? "" : $"one of two workers of alexnet-2012 at batch 128 needs {Units.Bytes(needed)}: use a smaller batch");
        });
    }

    private static Finding Path(int from, int to)
    {
        var name = $"cuda path {from} to {to}";
        return Try(name, () =>
        {
            var path = CudaSurvey.Measure(from, to);
            var way = from == to ? "workers on one device: by IPC, within its memory" : path.IsPeer ? "by IPC, straight from device to device" : "through pinned host memory: the devices do not reach each other";
            return new Finding(name, FindingStatus.Ok, $"{way}, {Units.Bytes((long)path.BytesPerSecond)}/s");
        });
    }

    private static Finding Try(string name, Func<Finding> look)
    {
        try
        {
            return look();
        }
        catch (CudaException e)
        {
            return new Finding(name, FindingStatus.Lacking, "does not work", e.Message);
        }
    }
}
