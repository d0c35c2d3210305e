using System.Security.Cryptography;
using System.Text;

namespace AlexNetParallel.Devices.Cuda.Compiling;

/// <summary>The files of the folder "kernels": a module for each .cu, and the .cuh that they include.</summary>
internal sealed class KernelSources
{
    private readonly Dictionary<string, string> modules = [];

    /// <param name="folder">Where the files lie.</param>
    /// <exception cref="CudaException">There are none.</exception>
    public KernelSources(string folder)
    {
        Folder = folder;
        foreach (var file in Directory.EnumerateFiles(folder, "*.cu")) modules.Add(Path.GetFileNameWithoutExtension(file), File.ReadAllText(file));
        Headers = [.. Directory.EnumerateFiles(folder, "*.cuh").Order(StringComparer.Ordinal).Select(f => (Path.GetFileName(f), File.ReadAllText(f)))];
        if (modules.Count == 0) throw new CudaException($"found no kernels (*.cu) in {folder}");
    }

    /// <summary>Where the files lie.</summary>
    public string Folder { get; }

    /// <summary>Names of the modules, without ".cu".</summary>
    public IEnumerable<string> Names => modules.Keys.Order(StringComparer.Ordinal);

    /// <summary>Headers by the name under which they are included.</summary>
    public IReadOnlyList<(string Name, string Text)> Headers { get; }

    /// <summary>Text of a module.</summary>
    public string this[string module] => modules.TryGetValue(module, out var text) ? text : throw new CudaException($"found no {module}.cu in {Folder}");

    /// <summary>The folder "kernels" beside the program or above it (in a checkout, at its root).</summary>
    /// <exception cref="CudaException">There is none.</exception>
    public static string FindFolder()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "kernels");
            if (Directory.Exists(candidate) && Directory.EnumerateFiles(candidate, "*.cu").Any()) return candidate;
        }
        throw new CudaException("found no folder 'kernels' with the CUDA sources beside the program or above it: run it from a checkout of the repository");
    }

    /// <summary>What tells one result of compiling from another: the text, all headers, the options, the compiler's version.</summary>
    public string Hash(string module, IEnumerable<string> options, Version compiler)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var part in (IEnumerable<string>)[module, this[module], .. Headers.SelectMany(h => new[] { h.Name, h.Text }), .. options, compiler.ToString()])
        {
            hash.AppendData(Encoding.UTF8.GetBytes(part));
            hash.AppendData([0]);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
