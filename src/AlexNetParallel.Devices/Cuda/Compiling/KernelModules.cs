using System.Text;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.DriverApi;

namespace AlexNetParallel.Devices.Cuda.Compiling;

/// <summary>The kernels of a device, each module loaded when its first kernel is asked for.</summary>
internal sealed unsafe class KernelModules(CudaContext context, KernelCompiler compiler) : IDisposable
{
    private readonly Dictionary<string, nint> modules = [];
    private readonly Dictionary<string, nint> functions = [];

    /// <summary>A kernel, as CUfunction. The context must be current.</summary>
    /// <param name="module">The file that it stands in, without ".cu".</param>
    /// <param name="kernel">Its name.</param>
    public nint Find(string module, string kernel)
    {
        if (functions.TryGetValue(kernel, out var function)) return function;
        if (!modules.TryGetValue(module, out var loaded))
        {
            fixed (byte* image = compiler.Image(module)) ThrowIfFailed(cuModuleLoadDataEx(out loaded, image, 0, null, null), context.Ordinal, $"cuModuleLoadDataEx of {module}.cu");
            modules.Add(module, loaded);
        }
        fixed (byte* name = Encoding.UTF8.GetBytes(kernel + '\0')) ThrowIfFailed(cuModuleGetFunction(out function, loaded, name), context.Ordinal, $"cuModuleGetFunction of {kernel} in {module}.cu");
        functions.Add(kernel, function);
        return function;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var module in modules.Values) _ = cuModuleUnload(module);
        modules.Clear();
        functions.Clear();
    }
}
