using System.Runtime.InteropServices;
using System.Text;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>Open MPI's library, loaded when it is first asked for, with the handles that it exports as data.</summary>
internal sealed unsafe partial class MpiLibrary
{
    private const int Now = 2;          // RTLD_NOW
    private const int Global = 0x100;   // RTLD_GLOBAL
    private const int LongestText = 256; // MPI_MAX_ERROR_STRING and MPI_MAX_LIBRARY_VERSION_STRING of Open MPI
    private static readonly Lazy<MpiLibrary> loaded = new(() => new MpiLibrary());

    private MpiLibrary()
    {
        // Builds of Open MPI whose plug-ins do not name the library that they belong to find it only among the global symbols.
        var library = Open(MpiNative.Library, Now | Global);
        if (library == 0) throw new MpiException($"found no {MpiNative.Library} ({Marshal.PtrToStringUTF8(OpenError())}); expected Open MPI (Debian: apt-get install openmpi-bin)");
        World = NativeLibrary.GetExport(library, "ompi_mpi_comm_world");
        Byte = NativeLibrary.GetExport(library, "ompi_mpi_byte");
        NoRequest = NativeLibrary.GetExport(library, "ompi_request_null");
        ErrorsReturn = NativeLibrary.GetExport(library, "ompi_mpi_errors_return");
        var text = stackalloc byte[LongestText];
        int length;
        Version = MpiNative.GetLibraryVersion(text, &length) == 0 ? Encoding.UTF8.GetString(text, length).Split(',')[0] : "MPI";
    }

    /// <summary>The library.</summary>
    /// <exception cref="MpiException">It is not installed.</exception>
    public static MpiLibrary Loaded => loaded.Value;

    /// <summary>Name and version, e.g. "Open MPI v4.1.4".</summary>
    public string Version { get; }

    /// <summary>MPI_COMM_WORLD.</summary>
    public nint World { get; }

    /// <summary>MPI_BYTE.</summary>
    public nint Byte { get; }

    /// <summary>MPI_REQUEST_NULL: what a request is when it is done.</summary>
    public nint NoRequest { get; }

    /// <summary>MPI_ERRORS_RETURN.</summary>
    public nint ErrorsReturn { get; }

    /// <summary>Throws if a call failed.</summary>
    /// <param name="code">What it gave.</param>
    /// <param name="call">Its name in MPI.</param>
    /// <exception cref="MpiException">It failed.</exception>
    public static void Check(int code, string call)
    {
        if (code != 0) throw Failure(code, call);
    }

    private static MpiException Failure(int code, string call)
    {
        var text = stackalloc byte[LongestText];
        int length, errorClass;
        if (MpiNative.ErrorClass(code, &errorClass) != 0) errorClass = code;
        return new MpiException(call, errorClass, MpiNative.ErrorString(code, text, &length) == 0 ? Encoding.UTF8.GetString(text, length) : $"error {code}");
    }

    [LibraryImport("libc", EntryPoint = "dlopen", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Open(string name, int flags);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint OpenError();
}
