using System.Reflection;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Decoding;

/// <summary>
/// Finds libturbojpeg and libpng under the names that they have in distributions. They are loaded when the first picture of their kind is met: the built-in
/// generated images need neither.
/// </summary>
internal static class NativeLibraries
{
    /// <summary>The name that the P/Invoke declarations use for libturbojpeg.</summary>
    public const string TurboJpeg = "turbojpeg";

    /// <summary>The name that the P/Invoke declarations use for libpng.</summary>
    public const string Png = "png16";

    private static readonly Lazy<nint> TurboJpegHandle = new(() => Load("libturbojpeg", "libturbojpeg0", "JPEG",
        ["libturbojpeg.so.0", "libturbojpeg.so", "libturbojpeg.0.dylib", "libturbojpeg.dylib", "turbojpeg"]));

    private static readonly Lazy<nint> PngHandle = new(() => Load("libpng16", "libpng16-16", "PNG",
        ["libpng16.so.16", "libpng16.so", "libpng16.16.dylib", "libpng16.dylib", "libpng16"]));

    static NativeLibraries() => NativeLibrary.SetDllImportResolver(typeof(NativeLibraries).Assembly, Resolve);

    /// <summary>Loads the library of that declaration name if it is not yet there.</summary>
    /// <exception cref="DataSetException">It is not installed.</exception>
    public static void Require(string name) => _ = name == TurboJpeg ? TurboJpegHandle.Value : PngHandle.Value;

    /// <summary>Loads the first of <paramref name="fileNames"/> that there is.</summary>
    /// <exception cref="DataSetException">There is none; the message names the package to install.</exception>
    public static nint Load(string library, string package, string format, IReadOnlyList<string> fileNames)
    {
        foreach (var fileName in fileNames)
        {
            if (NativeLibrary.TryLoad(fileName, typeof(NativeLibraries).Assembly, DllImportSearchPath.SafeDirectories, out var handle)) return handle;
        }
        throw new DataSetException($"{library}, which reads and writes {format} pictures, is not installed (looked for {string.Join(", ", fileNames)}): on Debian or Ubuntu, 'apt-get install {package}'");
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path) => name switch
    {
        TurboJpeg => TurboJpegHandle.Value,
        Png => PngHandle.Value,
        _ => 0,
    };
}
