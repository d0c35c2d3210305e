// The matrix products of fully connected layers, for devices without cuBLAS, and the update fused with the weight gradient everywhere.
//   tn  C[m][n] = Σ A[k][m] · B[k][n]   forward           nn  C[m][n] = Σ A[m][k] · B[k][n]   input gradient
//   nt  C[m][n] = Σ A[m][k] · B[n][k]   weight gradient
// Block 128 threads, a tile of 64 x 128; grid (M / 64, N / 128, parts of k). Bytes: each weight once for each 128 columns (cases), each element of B M / 64 times
// from L2. With 128 cases a weight is used for 256 FLOP: forward and input gradient are bound by memory below 64 FLOP a byte, and near balance above.
#include "tile.cuh"

namespace {

struct Matrices {
    int M, N, K;
    const float* A;
    int lda;
    const float* B;
    int ldb;
    float* C;
    int ldc, parts;
    long long partStride;

    __device__ __forceinline__ int firstK() const { return min((int)blockIdx.z * step(), K); }
    __device__ __forceinline__ int endK() const { return min(((int)blockIdx.z + 1) * step(), K); }
    __device__ __forceinline__ int step() const { return 16 * ((K + 16 * parts - 1) / (16 * parts)); }
};

template <class T>
__device__ __forceinline__ void storeTile(const T& tile, const Matrices& a) {
    float* c = a.C + blockIdx.z * a.partStride;
    const bool aligned = a.ldc % 4 == 0 && reinterpret_cast<unsigned long long>(c) % 16 == 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int m = blockIdx.x * T::BM + tile.rowOf(i);
        if (m >= a.M) continue;
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int n = blockIdx.y * T::BN + tile.columnOf(h);
            float* at = c + (long long)m * a.ldc + n;
            const float4 v = tile.four(i, h);
            if (aligned && n + 3 < a.N) {
                store4(at, v);
            } else {
                if (n < a.N) at[0] = v.x;
                if (n + 1 < a.N) at[1] = v.y;
                if (n + 2 < a.N) at[2] = v.z;
                if (n + 3 < a.N) at[3] = v.w;
            }
        }
    }
}

/// A thread block's tile of the product of what two sources give: A's rows by B's columns.
template <class SourceA, class SourceB, class T>
__device__ __forceinline__ void multiply(T& tile, typename T::Shared& shared, const Matrices& a) {
    SourceA left(a.A, a.lda, a.M, blockIdx.x * T::BM, a.firstK(), a.endK());
    SourceB right(a.B, a.ldb, a.N, blockIdx.y * T::BN, a.firstK(), a.endK());
    multiplyTiles(tile, shared, left, right, (a.endK() - a.firstK() + BK - 1) / BK);
}

template <class T, class SourceA, class SourceB>
__device__ __forceinline__ void product(const Matrices& a) {
    __shared__ __align__(16) typename T::Shared shared;
    T tile;
    multiply<SourceA, SourceB>(tile, shared, a);
    storeTile(tile, a);
}

// Which operand is turned: that with k fastest.
using Tn = Tile<64, 128, 4, false, false>;
using Nn = Tile<64, 128, 4, true, false>;
using Nt = Tile<64, 128, 4, true, true>;
template <class T, bool Aligned> using RowsA = RowSource<T::BM, T::PitchA, T::Threads, Aligned>;
template <class T, bool Aligned> using TurnedA = TurnedSource<T::BM, T::PitchA, T::Threads, Aligned>;
template <class T> using RowsB = RowSource<T::BN, T::PitchB, T::Threads, true>;
template <class T> using TurnedB = TurnedSource<T::BN, T::PitchB, T::Threads, true>;

} // namespace

#define SGEMM(name) \
    extern "C" __global__ void __launch_bounds__(128, 3) name(int M, int N, int K, const float* __restrict__ A, int lda, const float* __restrict__ B, int ldb, \
        float* __restrict__ C, int ldc, int parts, long long partStride)
#define MATRICES {M, N, K, A, lda, B, ldb, C, ldc, parts, partStride}

SGEMM(sgemm_tn_64x128) { product<Tn, RowsA<Tn, true>, RowsB<Tn>>(MATRICES); }
SGEMM(sgemm_tn_any) { product<Tn, RowsA<Tn, false>, RowsB<Tn>>(MATRICES); }
SGEMM(sgemm_nn_64x128) { product<Nn, TurnedA<Nn, true>, RowsB<Nn>>(MATRICES); }
SGEMM(sgemm_nn_any) { product<Nn, TurnedA<Nn, false>, RowsB<Nn>>(MATRICES); }
SGEMM(sgemm_nt_64x128) { product<Nt, TurnedA<Nt, true>, TurnedB<Nt>>(MATRICES); }

/// The weight gradient, in registers, and at once the update: weights and momentum are read and written once.
extern "C" __global__ void __launch_bounds__(128, 3) fc_update_64x128(int inputs, int outputs, int cases, const float* __restrict__ X, int ldx,
    const float* __restrict__ dY, int ldy, float* __restrict__ weights, float* __restrict__ momentum, float m, float s, float d) {
    __shared__ __align__(16) Nt::Shared shared;
    Nt tile;
    multiply<TurnedA<Nt, true>, TurnedB<Nt>>(tile, shared, {inputs, outputs, cases, X, ldx, dY, ldy, weights, outputs, 1, 0});
    const bool aligned = outputs % 4 == 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int input = blockIdx.x * 64 + tile.rowOf(i);
        if (input >= inputs) continue;
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int output = blockIdx.y * 128 + tile.columnOf(h);
            const long long at = (long long)input * outputs + output;
            const float4 g = tile.four(i, h);
            if (aligned && output < outputs) {
                float4 w = load4(weights + at), v = load4(momentum + at);
                applyUpdate(w.x, v.x, g.x, m, s, d);
                applyUpdate(w.y, v.y, g.y, m, s, d);
                applyUpdate(w.z, v.z, g.z, m, s, d);
                applyUpdate(w.w, v.w, g.w, m, s, d);
                store4(weights + at, w);
                store4(momentum + at, v);
            } else {
                const float each[4] = {g.x, g.y, g.z, g.w};
#pragma unroll
                for (int j = 0; j < 4; j++)
                    if (output + j < outputs) applyUpdate(weights[at + j], momentum[at + j], each[j], m, s, d);
            }
        }
    }
}
