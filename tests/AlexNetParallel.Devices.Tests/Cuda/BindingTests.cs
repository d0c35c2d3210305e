using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Devices.Cuda.Interop;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Cuda;

/// <summary>The declarations of native functions against NVIDIA's header, where that can be had, and what is said when a call fails.</summary>
public sealed partial class BindingTests
{
    /// <summary>Where cuda.h may lie. NVIDIA does not allow the header to be passed on, so the repository has no copy of it.</summary>
    private static readonly string[] places = ["/usr/include/cuda.h", "/usr/local/cuda/include/cuda.h", Path.Combine(Environment.GetEnvironmentVariable("CUDA_HOME") ?? "", "include", "cuda.h")];

    [SkippableFact]
    public void Signatures_are_those_of_cuda_h()
    {
        var file = places.FirstOrDefault(File.Exists);
        Skip.If(file is null, "cuda.h is not installed (Debian: nvidia-cuda-dev, non-free; elsewhere: the CUDA toolkit, found through CUDA_HOME)");
        var header = Comment().Replace(File.ReadAllText(file), " ");
        var wrong = new List<string>();
        var methods = typeof(DriverApi).GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.DeclaredOnly);
        foreach (var method in methods)
        {
            var match = Regex.Match(header, $@"CUresult\s+CUDAAPI\s+{method.Name}\s*\(([^)]*)\)\s*;");
            if (!match.Success)
            {
                wrong.Add($"{method.Name}: not in {file}");
                continue;
            }
            var renamed = Regex.Match(header, $@"#define\s+{method.Name}\s+(?:__CUDA_API_PT(?:SZ|DS)\()?(\w+)");
            var symbol = renamed.Success ? renamed.Groups[1].Value : method.Name;
            var bound = method.GetCustomAttribute<LibraryImportAttribute>()?.EntryPoint ?? method.Name;
            if (bound != symbol) wrong.Add($"{method.Name} is bound to {bound}; the header says {symbol}");
            string[] expected = [.. match.Groups[1].Value.Split(',').Select(a => a.Trim()).Where(a => a is not ("void" or ""))];
            var parameters = method.GetParameters();
            if (expected.Length != parameters.Length)
            {
                wrong.Add($"{method.Name} has {parameters.Length} parameters; the header has {expected.Length}");
                continue;
            }
            for (var i = 0; i < expected.Length; i++)
                if (!Fits(expected[i], parameters[i])) wrong.Add($"{method.Name}: parameter {i} is {parameters[i].ParameterType.Name}; the header has '{expected[i]}'");
        }
        Assert.True(methods.Length > 40, $"{methods.Length} functions were looked at");
        Assert.True(wrong.Count == 0, string.Join(Environment.NewLine, wrong));
    }

    /// <summary>A pointer for a pointer, a value of the same size for a value; behind a pointer that is written, a value of the same size too.</summary>
    private static bool Fits(string c, ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var stars = c.Count(ch => ch == '*');
        var name = CName().Match(c).Groups[1].Value;
        if (stars == 0) return !type.IsByRef && Size(type) == CSize(name);
        if (!type.IsByRef) return Size(type) == 8;
        return stars > 1 ? Size(type.GetElementType()!) == 8 : CSize(name) == Size(type.GetElementType()!);
    }

    private static int Size(Type type) => type.IsPointer ? 8
        : (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static int CSize(string type) => type switch
    {
        "int" or "unsigned int" or "CUdevice" or "CUdevice_attribute" or "CUresult" or "float" or "CUjit_option" => 4,
        "size_t" or "CUdeviceptr" or "CUcontext" or "CUmodule" or "CUfunction" or "CUstream" or "CUevent" => 8,
        "CUuuid" => 16,
        "CUipcMemHandle" => 64,
        _ => throw new ArgumentException($"the size of {type} is not known to this test"),
    };

    [SkippableFact]
    public void A_failed_call_names_itself_its_code_and_the_device()
    {
        _ = TestedCuda.Driver;
        var error = Assert.Throws<CudaException>(() => CudaStatus.ThrowIfFailed(DriverApi.cuDeviceGet(out _, 999), device: 3));
        Assert.Equal("cuDeviceGet", error.Call);
        Assert.Equal("CUDA_ERROR_INVALID_DEVICE", error.Code);
        Assert.Equal(3, error.Device);
        Assert.Contains("on device 3", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_device_that_is_not_there_is_refused_with_those_that_are()
    {
        var driver = TestedCuda.Driver;
        var error = Assert.Throws<CudaException>(() => new CudaDevice(new CudaOptions { Driver = driver, Ordinal = 99 }));
        Assert.Contains("there is no device 99", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void More_memory_than_there_is_is_refused_with_what_to_do()
    {
        using var device = TestedCuda.Open();
        var error = Assert.Throws<CudaException>(() => device.Allocate(device.Info.MemoryBytes));
        Assert.Equal("CUDA_ERROR_OUT_OF_MEMORY", error.Code);
        Assert.Contains("--batch", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, device.AllocatedBytes);
    }

    [GeneratedRegex(@"/\*.*?\*/|//[^\n]*", RegexOptions.Singleline)]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?:const\s+)?((?:unsigned\s+)?\w+)")]
    private static partial Regex CName();
}
