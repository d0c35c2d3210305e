using AlexNetParallel.Rpc.Tensors;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>An MPI datatype for a box of memory, so that MPI itself gathers and scatters the rows. Made and freed on the thread of <see cref="MpiProcess"/>.</summary>
internal static unsafe class MpiShape
{
    /// <summary>The datatype of a box; one of them is the whole box, and begins at its address.</summary>
    /// <exception cref="MpiException">MPI cannot.</exception>
    public static nint Make(in NativeRows box)
    {
        nint row, plane, whole;
        MpiLibrary.Check(MpiNative.TypeContiguous(box.RowBytes, MpiLibrary.Loaded.Byte, &row), "MPI_Type_contiguous");
        MpiLibrary.Check(MpiNative.TypeCreateHvector(box.Rows, 1, (nint)box.RowStride, row, &plane), "MPI_Type_create_hvector");
        MpiLibrary.Check(MpiNative.TypeCreateHvector(box.Planes, 1, (nint)box.PlaneStride, plane, &whole), "MPI_Type_create_hvector");
        MpiLibrary.Check(MpiNative.TypeCommit(&whole), "MPI_Type_commit");
        MpiLibrary.Check(MpiNative.TypeFree(&row), "MPI_Type_free");
        MpiLibrary.Check(MpiNative.TypeFree(&plane), "MPI_Type_free");
        return whole;
    }

    /// <summary>Lets go of it.</summary>
    public static void Free(nint shape) => MpiLibrary.Check(MpiNative.TypeFree(&shape), "MPI_Type_free");
}
