using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>The calls of MPI that the transport needs, as Open MPI's C interface has them: handles are addresses. Each gives an error code, 0 for success.</summary>
internal static unsafe partial class MpiNative
{
    /// <summary>Open MPI 3 to 5: the interface has kept its number.</summary>
    public const string Library = "libmpi.so.40";

    [LibraryImport(Library, EntryPoint = "MPI_Get_library_version")]
    public static partial int GetLibraryVersion(byte* text, int* length);

    [LibraryImport(Library, EntryPoint = "MPI_Init_thread")]
    public static partial int InitThread(int* count, byte*** arguments, int required, int* provided);

    [LibraryImport(Library, EntryPoint = "MPI_Finalize")]
    public static partial int Finalize();

    [LibraryImport(Library, EntryPoint = "MPI_Abort")]
    public static partial int Abort(nint communicator, int code);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_set_errhandler")]
    public static partial int CommSetErrorHandler(nint communicator, nint handler);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_rank")]
    public static partial int CommRank(nint communicator, int* rank);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_size")]
    public static partial int CommSize(nint communicator, int* size);

    [LibraryImport(Library, EntryPoint = "MPI_Comm_get_attr")]
    public static partial int CommGetAttribute(nint communicator, int key, void* value, int* found);

    [LibraryImport(Library, EntryPoint = "MPI_Error_class")]
    public static partial int ErrorClass(int code, int* errorClass);

    [LibraryImport(Library, EntryPoint = "MPI_Error_string")]
    public static partial int ErrorString(int code, byte* text, int* length);

    [LibraryImport(Library, EntryPoint = "MPI_Type_contiguous")]
    public static partial int TypeContiguous(int count, nint type, nint* made);

    [LibraryImport(Library, EntryPoint = "MPI_Type_create_hvector")]
    public static partial int TypeCreateHvector(int count, int blockLength, nint stride, nint type, nint* made);

    [LibraryImport(Library, EntryPoint = "MPI_Type_commit")]
    public static partial int TypeCommit(nint* type);

    [LibraryImport(Library, EntryPoint = "MPI_Type_free")]
    public static partial int TypeFree(nint* type);

    [LibraryImport(Library, EntryPoint = "MPI_Isend")]
    public static partial int Isend(void* buffer, int count, nint type, int destination, int tag, nint communicator, nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Improbe")]
    public static partial int Improbe(int source, int tag, nint communicator, int* found, nint* message, MpiStatus* status);

    [LibraryImport(Library, EntryPoint = "MPI_Imrecv")]
    public static partial int Imrecv(void* buffer, int count, nint type, nint* message, nint* request);

    [LibraryImport(Library, EntryPoint = "MPI_Mrecv")]
    public static partial int Mrecv(void* buffer, int count, nint type, nint* message, MpiStatus* status);

    [LibraryImport(Library, EntryPoint = "MPI_Get_count")]
    public static partial int GetCount(MpiStatus* status, nint type, int* count);

    [LibraryImport(Library, EntryPoint = "MPI_Testsome")]
    public static partial int Testsome(int count, nint* requests, int* done, int* indices, MpiStatus* statuses);
}

/// <summary>Open MPI's MPI_Status.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct MpiStatus
{
    public int Source;
    public int Tag;
    public int Error;
    private readonly int cancelled;
    private readonly nuint bytes;
}
