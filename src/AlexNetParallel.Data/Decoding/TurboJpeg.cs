using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Decoding;

/// <summary>What is used of libturbojpeg's API 2.x (turbojpeg.h), which the 3.x libraries still have.</summary>
internal static unsafe partial class TurboJpeg
{
    /// <summary>TJPF_RGB: R, G, B bytes.</summary>
    public const int Rgb = 0;

    /// <summary>TJPF_RGBX: R, G, B bytes and one that is passed over.</summary>
    public const int Rgbx = 2;

    /// <summary>TJPF_CMYK: C, M, Y, K bytes as stored.</summary>
    public const int Cmyk = 11;

    /// <summary>TJSAMP_444 of the encoder: no chroma subsampling.</summary>
    public const int FullChroma = 0;

    /// <summary>TJFLAG_LIMITSCANS: a progressive file with more than 500 scans is an error, not an hour of work.</summary>
    public const int LimitScans = 32768;

    /// <summary>TJERR_WARNING of tjGetErrorCode: the picture was decoded, with something amiss.</summary>
    public const int Warning = 0;

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjInitDecompress")]
    public static partial nint InitDecompress();

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjInitCompress")]
    public static partial nint InitCompress();

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjDestroy")]
    public static partial int Destroy(nint handle);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjDecompressHeader3")]
    public static partial int DecompressHeader(nint handle, byte* jpeg, nuint size, out int width, out int height, out int subsampling, out int colourSpace);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjDecompress2")]
    public static partial int Decompress(nint handle, byte* jpeg, nuint size, byte* destination, int width, int pitch, int height, int pixelFormat, int flags);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjCompress2")]
    public static partial int Compress(nint handle, byte* source, int width, int pitch, int height, int pixelFormat, byte** jpeg, ref nuint size, int subsampling, int quality, int flags);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjFree")]
    public static partial void Free(byte* buffer);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjGetErrorCode")]
    public static partial int ErrorCode(nint handle);

    [LibraryImport(NativeLibraries.TurboJpeg, EntryPoint = "tjGetErrorStr2")]
    private static partial byte* ErrorText(nint handle);

    /// <summary>What went wrong in the last call, as libjpeg says it.</summary>
    public static string Error(nint handle) => Marshal.PtrToStringUTF8((nint)ErrorText(handle))?.Trim() ?? "unknown error";
}
