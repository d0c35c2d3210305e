// The matrix product that convolutions and fully connected layers are: a thread block makes BM x BN elements of C = A·B, a thread 8 x 8 of them in registers.
// A's and B's tiles, BK deep, lie in shared memory twice: one is multiplied while the next is on its way from global memory (to registers, then to the other
// copy). Each element is one chain of fma in ascending order of k.
//
// Tiles lie in shared memory as [k][row of A or column of B]. A source with that order is copied by 128-bit rows. A source with k fastest is turned: four
// elements of k go to four rows; rows are 4 longer, and in the upper half of k columns are exchanged by eights, so that a warp's stores meet no bank twice.
#pragma once
#include "common.cuh"

/// WarpRows: a warp's threads form WarpRows x (32 / WarpRows) blocks of 8 x 8. 4 x 8 reads least; BM = 48 divides by 2 x 16 only.
template <int BM_, int BN_, int BK_, int WarpRows, bool TurnedA, bool TurnedB>
struct Tile {
    static constexpr int BM = BM_, BN = BN_, BK = BK_, Threads = BM * BN / 64;
    static constexpr int PitchA = BM + (TurnedA ? 4 : 0), PitchB = BN + (TurnedB ? 4 : 0);
    static constexpr int WarpColumns = 32 / WarpRows, WarpsAcross = BN / 8 / WarpColumns;
    static_assert(BM % (8 * WarpRows) == 0 && BN % (8 * WarpColumns) == 0 && (!(TurnedA || TurnedB) || BK == 16), "the warps must cover the tile");

    struct Shared {
        float a[2][BK][PitchA];
        float b[2][BK][PitchB];
    };

    float sums[8][8];
    int row, column; // of the thread's first element; the others follow at +1 .. +3 and half a tile away

    __device__ __forceinline__ Tile() {
        const int warp = threadIdx.x / 32, lane = threadIdx.x % 32;
        row = (warp / WarpsAcross * WarpRows + lane / WarpColumns) * 4;
        column = (warp % WarpsAcross * WarpColumns + lane % WarpColumns) * 4;
#pragma unroll
        for (int i = 0; i < 8; i++)
#pragma unroll
            for (int j = 0; j < 8; j++) sums[i][j] = 0.0f;
    }

    /// Row i of the thread, 0 to 7, in the tile.
    __device__ __forceinline__ int rowOf(int i) const { return row + (i & 3) + (i >> 2) * (BM / 2); }

    /// First of the four columns of half h, 0 or 1, in the tile.
    __device__ __forceinline__ int columnOf(int h) const { return column + h * (BN / 2); }

    __device__ __forceinline__ float4 four(int i, int h) const { return make_float4(sums[i][4 * h], sums[i][4 * h + 1], sums[i][4 * h + 2], sums[i][4 * h + 3]); }

    __device__ __forceinline__ void multiply(const float (&a)[BK][PitchA], const float (&b)[BK][PitchB]) {
        // Half a tile away from an exchanged column: the same distance where that is a multiple of 16, one address less to keep.
        const int rowTurned = row ^ 8, highTurned = BM % 32 == 0 ? rowTurned + BM / 2 : (row + BM / 2) ^ 8;
        const int columnTurned = column ^ 8, farTurned = BN % 32 == 0 ? columnTurned + BN / 2 : (column + BN / 2) ^ 8;
#pragma unroll
        for (int k = 0; k < BK; k++) {
            const bool exchangedA = TurnedA && k >= 8, exchangedB = TurnedB && k >= 8;
            const float4 a0 = load4(&a[k][exchangedA ? rowTurned : row]), a1 = load4(&a[k][exchangedA ? highTurned : row + BM / 2]);
            const float4 b0 = load4(&b[k][exchangedB ? columnTurned : column]), b1 = load4(&b[k][exchangedB ? farTurned : column + BN / 2]);
            const float u[8] = {a0.x, a0.y, a0.z, a0.w, a1.x, a1.y, a1.z, a1.w}, v[8] = {b0.x, b0.y, b0.z, b0.w, b1.x, b1.y, b1.z, b1.w};
#pragma unroll
            for (int i = 0; i < 8; i++)
#pragma unroll
                for (int j = 0; j < 8; j++) sums[i][j] = fmaf(u[i], v[j], sums[i][j]);
        }
    }
};

/// Multiplies tiles 0 .. count-1. A source fetches a tile into registers, then puts it into shared memory.
template <class T, class SourceA, class SourceB>
__device__ __forceinline__ void multiplyTiles(T& tile, typename T::Shared& shared, SourceA& a, SourceB& b, int count) {
    a.fetch(0);
    b.fetch(0);
    a.put(shared.a[0]);
    b.put(shared.b[0]);
    __syncthreads();
#pragma unroll 1
    for (int i = 0; i < count; i++) {
        const int now = i & 1;
        if (i + 1 < count) {
            a.fetch(i + 1);
            b.fetch(i + 1);
        }
        tile.multiply(shared.a[now], shared.b[now]);
        if (i + 1 < count) {
            a.put(shared.a[now ^ 1]);
            b.put(shared.b[now ^ 1]);
            __syncthreads();
        }
    }
}

/// A matrix [k][columns], columns fastest; columns from first on. Elements outside count as 0. Aligned: rows begin at multiples of 16 bytes.
template <int BK, int Width, int Pitch, int Threads, bool Aligned>
struct RowSource {
    static constexpr int Quads = BK * Width / 4, Count = (Quads + Threads - 1) / Threads;
    const float* matrix;
    int stride, columns, first, end; // end: of k
    float4 values[Count];

    __device__ __forceinline__ RowSource(const float* matrix, int stride, int columns, int firstColumn, int firstK, int endK)
        : matrix(matrix + (long long)firstK * stride), stride(stride), columns(columns), first(firstColumn), end(endK - firstK) {}

    __device__ __forceinline__ void fetch(int tile) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const int index = threadIdx.x + i * Threads, k = tile * BK + index / (Width / 4), column = first + index % (Width / 4) * 4;
            values[i] = zero4();
            if ((Quads % Threads != 0 && index >= Quads) || k >= end) continue;
            const float* at = matrix + (long long)k * stride + column;
            if (Aligned) {
                if (column < columns) values[i] = load4(at);
            } else {
                if (column < columns) values[i].x = at[0];
                if (column + 1 < columns) values[i].y = at[1];
                if (column + 2 < columns) values[i].z = at[2];
                if (column + 3 < columns) values[i].w = at[3];
            }
        }
    }

    __device__ __forceinline__ void put(float (&to)[BK][Pitch]) const {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const int index = threadIdx.x + i * Threads;
            if (Quads % Threads == 0 || index < Quads) store4(&to[index / (Width / 4)][index % (Width / 4) * 4], values[i]);
        }
    }
};

/// Puts a thread's i-th four elements of k into four rows of a turned tile. They are number threadIdx.x + i · Threads, four numbers to a column.
template <int Threads, int Pitch>
__device__ __forceinline__ void putTurned(float (&to)[16][Pitch], int i, float4 v) {
    const int quad = threadIdx.x % 4, exchange = (quad >> 1) * 8;
    const int at = Threads / 4 % 16 == 0 ? ((int)(threadIdx.x / 4) ^ exchange) + i * (Threads / 4) : ((int)(threadIdx.x / 4) + i * (Threads / 4)) ^ exchange;
    to[quad * 4][at] = v.x;
    to[quad * 4 + 1][at] = v.y;
    to[quad * 4 + 2][at] = v.z;
    to[quad * 4 + 3][at] = v.w;
}

/// A matrix [rows][k], k fastest, turned. Elements outside count as 0. Aligned: rows begin at multiples of 16 bytes, and k ends at a multiple of 4.
template <int Height, int Pitch, int Threads, bool Aligned>
struct TurnedSource {
    static constexpr int BK = 16, Quads = BK * Height / 4, Count = (Quads + Threads - 1) / Threads;
    const float* matrix;
    int stride, rows, first, end;
    float4 values[Count];

    __device__ __forceinline__ TurnedSource(const float* matrix, int stride, int rows, int firstRow, int firstK, int endK)
        : matrix(matrix + firstK), stride(stride), rows(rows), first(firstRow), end(endK - firstK) {}

    __device__ __forceinline__ void fetch(int tile) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const int index = threadIdx.x + i * Threads, k = tile * BK + index % 4 * 4, row = first + index / 4;
            values[i] = zero4();
            if ((Quads % Threads != 0 && index >= Quads) || row >= rows) continue;
            const float* at = matrix + (long long)row * stride + k;
            if (Aligned) {
                if (k < end) values[i] = load4(at);
            } else {
                if (k < end) values[i].x = at[0];
                if (k + 1 < end) values[i].y = at[1];
                if (k + 2 < end) values[i].z = at[2];
                if (k + 3 < end) values[i].w = at[3];
            }
        }
    }

    __device__ __forceinline__ void put(float (&to)[16][Pitch]) const {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const int index = threadIdx.x + i * Threads;
            if (Quads % Threads == 0 || index < Quads) putTurned<Threads>(to, i, values[i]);
        }
    }
};
