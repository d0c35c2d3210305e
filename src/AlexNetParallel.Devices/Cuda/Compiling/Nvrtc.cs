using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using AlexNetParallel.Devices.Cuda.Interop;
using static AlexNetParallel.Devices.Cuda.Interop.CudaStatus;
using static AlexNetParallel.Devices.Cuda.Interop.NvrtcApi;

namespace AlexNetParallel.Devices.Cuda.Compiling;

/// <summary>Compiles CUDA C++ to PTX or to a device's machine code (CUBIN) in this process. May be called from several threads.</summary>
internal static unsafe partial class Nvrtc
{
    /// <summary>What to do where it is missing.</summary>
    public const string Remedy = "install it: Debian: libnvrtc11.2 and libnvrtc-builtins11.8 (non-free); elsewhere it is part of the CUDA toolkit";

    /// <summary>Version of the library that was found.</summary>
    /// <exception cref="CudaException">There is none.</exception>
    public static Version Version
    {
        get
        {
            if (!CudaLibraries.TryLoad(Library, out _))
                throw new CudaException($"NVRTC, which compiles the CUDA kernels, was not found (looked for {string.Join(", ", CudaLibraries.Names(Library))}): {Remedy}");
            ThrowIfNvrtcFailed(nvrtcVersion(out var major, out var minor));
            return new Version(major, minor);
        }
    }

    /// <summary>The architectures (70 for sm_70) that the library compiles for, ascending.</summary>
    public static int[] Architectures
    {
        get
        {
            ThrowIfNvrtcFailed(nvrtcGetNumSupportedArchs(out var count));
            var result = new int[count];
            fixed (int* first = result) ThrowIfNvrtcFailed(nvrtcGetSupportedArchs(first));
            return result;
        }
    }

    /// <summary>Compiles.</summary>
    /// <param name="fileName">What messages call the source.</param>
    /// <param name="source">CUDA C++.</param>
    /// <param name="headers">What it may include.</param>
    /// <param name="options">NVRTC's options.</param>
    /// <param name="machineCode">True for CUBIN, false for PTX (which ends in a zero byte).</param>
    /// <exception cref="CudaException">It has errors; the message has NVRTC's log with the source's lines.</exception>
    public static byte[] Compile(string fileName, string source, IReadOnlyList<(string Name, string Text)> headers, IReadOnlyList<string> options, bool machineCode)
    {
        using var strings = new NativeStrings();
        var texts = strings.Array([.. headers.Select(h => h.Text)]);
        var names = strings.Array([.. headers.Select(h => h.Name)]);
        ThrowIfNvrtcFailed(nvrtcCreateProgram(out var program, strings.Add(source), strings.Add(fileName), headers.Count, texts, names));
        try
        {
            var result = nvrtcCompileProgram(program, options.Count, strings.Array(options));
            if (result != 0)
                throw new CudaException($"{fileName} does not compile ({string.Join(' ', options)}):{Environment.NewLine}{WithLines(Log(program), fileName, source, headers)}");
            nuint bytes;
            ThrowIfNvrtcFailed(machineCode ? nvrtcGetCUBINSize(program, out bytes) : nvrtcGetPTXSize(program, out bytes), machineCode ? nameof(nvrtcGetCUBINSize) : nameof(nvrtcGetPTXSize));
            var image = new byte[bytes];
            fixed (byte* first = image)
                ThrowIfNvrtcFailed(machineCode ? nvrtcGetCUBIN(program, first) : nvrtcGetPTX(program, first), machineCode ? nameof(nvrtcGetCUBIN) : nameof(nvrtcGetPTX));
            return image;
        }
        finally
        {
            _ = nvrtcDestroyProgram(ref program);
        }
    }

    private static string Log(nint program)
    {
        ThrowIfNvrtcFailed(nvrtcGetProgramLogSize(program, out var bytes));
        var text = new byte[bytes];
        fixed (byte* first = text) ThrowIfNvrtcFailed(nvrtcGetProgramLog(program, first));
        return Encoding.UTF8.GetString(text).TrimEnd('\0', '\n');
    }

    /// <summary>Puts the line that is meant under each message that names one.</summary>
    private static string WithLines(string log, string fileName, string source, IReadOnlyList<(string Name, string Text)> headers)
    {
        var result = new StringBuilder();
        foreach (var line in log.Split('\n'))
        {
            result.AppendLine(line);
            if (Place().Match(line) is not { Success: true } place) continue;
            var text = place.Groups[1].Value == fileName ? source : headers.FirstOrDefault(h => h.Name == place.Groups[1].Value).Text;
            var number = int.Parse(place.Groups[2].Value, CultureInfo.InvariantCulture);
            if (text?.Split('\n') is { } lines && number >= 1 && number <= lines.Length) result.AppendLine(CultureInfo.InvariantCulture, $"  {number,5} | {lines[number - 1].TrimEnd()}");
        }
        return result.ToString().TrimEnd();
    }

    [GeneratedRegex(@"^([^\s():]+)\((\d+)\): ")]
    private static partial Regex Place();

    /// <summary>Strings in native memory for the time of one call.</summary>
    private sealed class NativeStrings : IDisposable
    {
        private readonly List<nint> owned = [];

        public byte* Add(string text)
        {
            owned.Add(Marshal.StringToCoTaskMemUTF8(text));
            return (byte*)owned[^1];
        }

        public byte** Array(IReadOnlyList<string> texts)
        {
            owned.Add(Marshal.AllocCoTaskMem(Math.Max(1, texts.Count) * sizeof(nint)));
            var array = (byte**)owned[^1];
            for (var i = 0; i < texts.Count; i++) array[i] = Add(texts[i]);
            return array;
        }

        public void Dispose()
        {
            foreach (var memory in owned) Marshal.FreeCoTaskMem(memory);
        }
    }
}
