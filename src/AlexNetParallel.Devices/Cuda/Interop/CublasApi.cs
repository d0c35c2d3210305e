using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda.Interop;

/// <summary>The functions of cuBLAS that are used. Matrices are column-major there: a row-major one is its own transpose.</summary>
internal static unsafe partial class CublasApi
{
    /// <summary>Name that <see cref="CudaLibraries"/> turns into a path.</summary>
    public const string Library = "cublas";

    /// <summary>CUBLAS_OP_N and CUBLAS_OP_T.</summary>
    public const int AsItIs = 0, Transposed = 1;

    [LibraryImport(Library, EntryPoint = "cublasCreate_v2")] public static partial int cublasCreate(out nint handle);
    [LibraryImport(Library, EntryPoint = "cublasDestroy_v2")] public static partial int cublasDestroy(nint handle);
    [LibraryImport(Library, EntryPoint = "cublasGetVersion_v2")] public static partial int cublasGetVersion(nint handle, out int version);
    [LibraryImport(Library, EntryPoint = "cublasSetStream_v2")] public static partial int cublasSetStream(nint handle, nint stream);
    [LibraryImport(Library, EntryPoint = "cublasSgemm_v2")]
    public static partial int cublasSgemm(nint handle, int transposeA, int transposeB, int m, int n, int k,
        float* alpha, float* a, int lda, float* b, int ldb, float* beta, float* c, int ldc);
}
