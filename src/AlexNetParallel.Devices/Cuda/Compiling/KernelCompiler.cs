using System.Globalization;

namespace AlexNetParallel.Devices.Cuda.Compiling;

/// <summary>
/// Compiles modules for one architecture, each once: results are kept on disk under a hash of everything that they depend on. Several processes may use the
/// folder at once.
/// </summary>
internal sealed class KernelCompiler
{
    private readonly KernelSources sources;
    private readonly string folder;
    private readonly Version version;
    private readonly string[] options;
    private readonly bool machineCode;

    /// <param name="sources">What to compile.</param>
    /// <param name="capability">Compute capability times 10.</param>
    /// <param name="portable">True for PTX, which the driver compiles further; false for machine code where NVRTC knows the architecture.</param>
    /// <param name="folder">Where results are kept; null: <see cref="DefaultFolder"/>.</param>
    /// <exception cref="CudaException">NVRTC is missing, or cannot compile for this device.</exception>
    public KernelCompiler(KernelSources sources, int capability, bool portable, string? folder = null)
    {
        (this.sources, this.folder, version) = (sources, folder ?? DefaultFolder, Nvrtc.Version);
        var known = Nvrtc.Architectures;
        if (capability < known[0])
        {
            throw new CudaException($"CUDA: a device of compute capability {capability / 10}.{capability % 10} is too old for NVRTC {version}, which begins at {known[0] / 10}.{known[0] % 10}: "
                + "an NVRTC of an earlier CUDA may still know it");
        }
        machineCode = !portable && known.Contains(capability);
        // A device newer than NVRTC takes PTX of the newest architecture that NVRTC knows.
        var best = known.Last(a => a <= capability);
        Architecture = string.Create(CultureInfo.InvariantCulture, $"{(machineCode ? "sm" : "compute")}_{best}");
        options = Options(Architecture, withLines: portable);
    }

    /// <summary>What is compiled for, e.g. sm_70.</summary>
    public string Architecture { get; }

    /// <summary>Where results are kept: ALEXNET_CACHE or the user's cache folder.</summary>
    public static string DefaultFolder => Path.Combine(
        Environment.GetEnvironmentVariable("ALEXNET_CACHE") is { Length: > 0 } own ? own
            : Path.Combine(Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } cache ? cache
                : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache"), "alexnet-parallel"),
        "kernels");

    /// <summary>The options of every kernel, see kernels/README.md. Line information is for the software device: its faults name lines.</summary>
    public static string[] Options(string architecture, bool withLines) => [$"--gpu-architecture={architecture}", "--std=c++14", .. withLines ? (string[])["--generate-line-info"] : []];

    /// <summary>Compiles what is not there yet, on all cores.</summary>
    /// <returns>Number of modules that were compiled now.</returns>
    public int CompileAll()
    {
        var missing = sources.Names.Where(name => !File.Exists(PathOf(name))).ToArray();
        try
        {
            Parallel.ForEach(missing, name => Compile(name));
        }
        catch (AggregateException failures)
        {
            throw failures.InnerExceptions.OfType<CudaException>().FirstOrDefault() ?? failures.InnerExceptions[0];
        }
        return missing.Length;
    }

    /// <summary>The image of a module: PTX or machine code.</summary>
    public byte[] Image(string module)
    {
        var path = PathOf(module);
        return File.Exists(path) ? File.ReadAllBytes(path) : Compile(module);
    }

    private byte[] Compile(string module)
    {
        var image = Nvrtc.Compile($"{module}.cu", sources[module], sources.Headers, options, machineCode);
        try
        {
            // Written aside and renamed: another process sees all of it or nothing.
            Directory.CreateDirectory(folder);
            var aside = Path.Combine(folder, $".{Guid.NewGuid():N}");
            File.WriteAllBytes(aside, image);
            File.Move(aside, PathOf(module), overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A cache that cannot be written costs time, nothing else.
        }
        return image;
    }

    private string PathOf(string module) => Path.Combine(folder, $"{module}-{Architecture}-{sources.Hash(module, options, version)}.{(machineCode ? "cubin" : "ptx")}");
}
