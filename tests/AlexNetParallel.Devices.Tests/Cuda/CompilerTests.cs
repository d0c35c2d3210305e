using AlexNetParallel.Devices.Cuda;
using AlexNetParallel.Devices.Cuda.Compiling;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Cuda;

/// <summary>Compiling by NVRTC: errors, the cache, the choice of kernels. Needs neither driver nor device.</summary>
public sealed class CompilerTests : IDisposable
{
    private const string Source = "#include \"two.cuh\"\nextern \"C\" __global__ void twice(float* x) {\n    x[threadIdx.x] *= TWO;\n}\n";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("alexnet-kernels-");

    private string Cache => Path.Combine(folder.FullName, "cache");

    public void Dispose() => folder.Delete(recursive: true);

    [SkippableFact]
    public void An_error_is_told_with_the_line_of_the_file()
    {
        var compiler = Compiler(Source.Replace("TWO", "undeclared", StringComparison.Ordinal), "#define TWO 2");
        var error = Assert.Throws<CudaException>(() => compiler.CompileAll());
        Assert.Contains("twice.cu(3): error", error.Message, StringComparison.Ordinal);
        Assert.Contains("3 |     x[threadIdx.x] *= undeclared;", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void An_error_in_a_header_is_told_with_the_line_of_the_header()
    {
        var error = Assert.Throws<CudaException>(() => Compiler(Source, "\n#define TWO 2\nint wrong = ;\n").CompileAll());
        Assert.Contains("two.cuh(3): error", error.Message, StringComparison.Ordinal);
        Assert.Contains("3 | int wrong = ;", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_module_is_compiled_once_for_each_text_header_and_architecture()
    {
        Assert.Equal(1, Compiler(Source, "#define TWO 2").CompileAll());
        Assert.Equal(0, Compiler(Source, "#define TWO 2").CompileAll());
        Assert.Equal(1, Compiler(Source, "#define TWO 2.0f").CompileAll());
        Assert.Equal(1, Compiler(Source + "\n", "#define TWO 2").CompileAll());
        Assert.Equal(1, Compiler(Source, "#define TWO 2", capability: 80).CompileAll());
        Assert.Equal(1, Compiler(Source, "#define TWO 2", portable: false).CompileAll());
        Assert.Equal(5, Directory.GetFiles(Cache).Length);
        Assert.Contains(".visible .entry twice(", System.Text.Encoding.UTF8.GetString(Compiler(Source, "#define TWO 2").Image("twice")), StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_device_that_NVRTC_does_not_know_gets_PTX_of_the_newest_architecture_below()
    {
        var newest = Nvrtc.Architectures[^1];
        Assert.Equal($"sm_{newest}", Compiler(Source, "", capability: newest, portable: false).Architecture);
        Assert.Equal($"compute_{newest}", Compiler(Source, "", capability: newest + 5, portable: false).Architecture);
        var error = Assert.Throws<CudaException>(() => Compiler(Source, "", capability: 20));
        Assert.Contains("compute capability 2.0 is too old", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void A_forced_kernel_that_does_not_exist_is_refused_with_those_that_do()
    {
        using var device = TestedCuda.Open(forced: "conv_taps_7x7");
        var shape = new Model.Operations.ConvolutionShape(1, 4, 4, 4, 1, 1, 1, 0, 0, 4, 4);
        using var x = DeviceTensor.Blank(device, 32, 1, 4, 4);
        using var y = DeviceTensor.Blank(device, 32, 4, 4, 4);
        using var parameters = device.CreateParameters(shape);
        var error = Assert.Throws<CudaException>(() => device.ConvolutionForward(shape, x.View, parameters, y.View, Model.Operations.Neuron.None, x.Blocks));
        Assert.Contains("conv_taps_7x7", error.Message, StringComparison.Ordinal);
        Assert.Contains("conv_taps_64x128", error.Message, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void The_log_says_which_variant_ran()
    {
        foreach (var (forced, expected) in new[] { ("", "conv_taps_32x128 for 1×4×4 to 4 by 1×1"), ("conv_taps_any", "conv_taps_any for 1×4×4 to 4 by 1×1") })
        {
            using var device = TestedCuda.Open(forced: forced);
            var shape = new Model.Operations.ConvolutionShape(1, 4, 4, 4, 1, 1, 1, 0, 0, 4, 4);
            using var x = DeviceTensor.Blank(device, 32, 1, 4, 4);
            using var y = DeviceTensor.Blank(device, 32, 4, 4, 4);
            using var parameters = device.CreateParameters(shape);
            device.ConvolutionForward(shape, x.View, parameters, y.View, Model.Operations.Neuron.None, x.Blocks);
            Assert.Equal([expected], device.KernelsUsed);
        }
    }

    private KernelCompiler Compiler(string source, string header, int capability = 70, bool portable = true)
    {
        try
        {
            _ = Nvrtc.Version;
        }
        catch (CudaException e)
        {
            Skip.If(true, e.Message);
            throw;
        }
        File.WriteAllText(Path.Combine(folder.FullName, "twice.cu"), source);
        File.WriteAllText(Path.Combine(folder.FullName, "two.cuh"), header);
        return new KernelCompiler(new KernelSources(folder.FullName), capability, portable, Cache);
    }
}
