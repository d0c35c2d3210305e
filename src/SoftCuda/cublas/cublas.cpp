// A drop-in for the few functions of cuBLAS in use (libcublas.so.11): they run in the stream that was set, through the software driver.
// Each element of C is one chain of fma over k in ascending order, whatever the sizes.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <vector>

#define EXPORT extern "C" __attribute__((visibility("default")))

// Of the software driver, which the program has loaded before.
extern "C" {
int cuLaunchHostFunc(void* stream, void (*function)(void*), void* data);
int cuMemGetAddressRange_v2(unsigned long long* base, size_t* bytes, unsigned long long p);
}

namespace {

enum Status { Success = 0, NotInitialized = 1, InvalidValue = 7, ExecutionFailed = 13, NotSupported = 15 };

struct Handle {
    void* stream = nullptr;
    int mathMode = 0;
};

struct Gemm {
    bool transposeA, transposeB;
    int m, n, k;
    float alpha, beta;
    const float* a;
    const float* b;
    float* c;
    long lda, ldb, ldc;
};

constexpr int Rows = 64, Columns = 4;

/// Some rows of op(A), k after k, so that the innermost loop runs over adjacent floats.
void pack(const Gemm& g, int row, std::vector<float>& to) {
    const int rows = std::min(Rows, g.m - row);
    for (int k = 0; k < g.k; k++) {
        float* out = &to[(size_t)k * Rows];
        for (int i = 0; i < rows; i++) out[i] = g.transposeA ? g.a[k + (row + i) * g.lda] : g.a[row + i + k * g.lda];
        for (int i = rows; i < Rows; i++) out[i] = 0;
    }
}

void columns(const Gemm& g, const std::vector<float>& a, int row, int column) {
    float sums[Columns][Rows] = {};
    const int count = std::min(Columns, g.n - column);
    const float* b[Columns];
    for (int j = 0; j < Columns; j++) b[j] = g.b + (g.transposeB ? column + std::min(j, count - 1) : (column + std::min(j, count - 1)) * g.ldb);
    const long step = g.transposeB ? g.ldb : 1;
    for (long k = 0; k < g.k; k++) {
        const float* left = &a[(size_t)k * Rows];
        const float b0 = b[0][k * step], b1 = b[1][k * step], b2 = b[2][k * step], b3 = b[3][k * step];
        for (int i = 0; i < Rows; i++) {
            sums[0][i] = __builtin_fmaf(left[i], b0, sums[0][i]);
            sums[1][i] = __builtin_fmaf(left[i], b1, sums[1][i]);
            sums[2][i] = __builtin_fmaf(left[i], b2, sums[2][i]);
            sums[3][i] = __builtin_fmaf(left[i], b3, sums[3][i]);
        }
    }
    const int rows = std::min(Rows, g.m - row);
    for (int j = 0; j < count; j++) {
        for (int i = 0; i < rows; i++) {
            float& c = g.c[row + i + (column + j) * g.ldc];
            c = g.beta == 0 ? g.alpha * sums[j][i] : g.alpha * sums[j][i] + g.beta * c;
        }
    }
}

void run(void* data) {
    std::unique_ptr<Gemm> g((Gemm*)data);
    std::vector<float> packed((size_t)std::max(1, g->k) * Rows);
    for (int row = 0; row < g->m; row += Rows) {
        pack(*g, row, packed);
        for (int column = 0; column < g->n; column += Columns) columns(*g, packed, row, column);
    }
}

/// True where the whole matrix, columns of rows floats at a distance, is memory of the device.
bool isThere(const float* p, long rows, long columns, long distance) {
    unsigned long long base = 0;
    size_t bytes = 0;
    const unsigned long long at = (unsigned long long)(uintptr_t)p, needed = (unsigned long long)((columns - 1) * distance + rows) * sizeof(float);
    return cuMemGetAddressRange_v2(&base, &bytes, at) == 0 && at + needed <= base + bytes;
}

} // namespace

EXPORT int cublasCreate_v2(Handle** handle) { return handle ? (*handle = new Handle, Success) : InvalidValue; }
EXPORT int cublasDestroy_v2(Handle* handle) { delete handle; return handle ? Success : NotInitialized; }
EXPORT int cublasSetStream_v2(Handle* handle, void* stream) { return handle ? (handle->stream = stream, Success) : NotInitialized; }
EXPORT int cublasGetStream_v2(Handle* handle, void** stream) { return handle ? (*stream = handle->stream, Success) : NotInitialized; }
EXPORT int cublasSetMathMode(Handle* handle, int mode) { return handle ? (handle->mathMode = mode, Success) : NotInitialized; }
EXPORT int cublasGetMathMode(Handle* handle, int* mode) { return handle ? (*mode = handle->mathMode, Success) : NotInitialized; }
EXPORT int cublasSetWorkspace_v2(Handle* handle, void*, size_t) { return handle ? Success : NotInitialized; }
EXPORT int cublasSetAtomicsMode(Handle* handle, int) { return handle ? Success : NotInitialized; }
EXPORT int cublasGetVersion_v2(Handle* handle, int* version) { return handle ? (*version = 110800, Success) : NotInitialized; }

EXPORT const char* cublasGetStatusString(int status) {
    switch (status) {
    case Success: return "CUBLAS_STATUS_SUCCESS";
    case NotInitialized: return "CUBLAS_STATUS_NOT_INITIALIZED";
    case InvalidValue: return "CUBLAS_STATUS_INVALID_VALUE";
    case ExecutionFailed: return "CUBLAS_STATUS_EXECUTION_FAILED";
    case NotSupported: return "CUBLAS_STATUS_NOT_SUPPORTED";
    default: return "unknown";
    }
}

/// Matrices by columns, as cuBLAS has them. alpha and beta in host memory.
EXPORT int cublasSgemm_v2(Handle* handle, int transposeA, int transposeB, int m, int n, int k, const float* alpha, const float* a, int lda,
    const float* b, int ldb, const float* beta, float* c, int ldc) {
    if (!handle) return NotInitialized;
    if (m < 0 || n < 0 || k < 0 || transposeA < 0 || transposeA > 2 || transposeB < 0 || transposeB > 2 || !alpha || !beta) return InvalidValue;
    if (lda < std::max(1, transposeA ? k : m) || ldb < std::max(1, transposeB ? n : k) || ldc < std::max(1, m)) return InvalidValue;
    if (m == 0 || n == 0) return Success;
    // A real device would fault later, or not at all.
    if (k > 0 && (!isThere(a, transposeA ? k : m, transposeA ? m : k, lda) || !isThere(b, transposeB ? n : k, transposeB ? k : n, ldb))) return InvalidValue;
    if (!isThere(c, m, n, ldc)) return InvalidValue;
    auto* gemm = new Gemm{transposeA != 0, transposeB != 0, m, n, k, *alpha, *beta, a, b, c, lda, ldb, ldc};
    if (cuLaunchHostFunc(handle->stream, run, gemm) == 0) return Success;
    delete gemm;
    return ExecutionFailed;
}
