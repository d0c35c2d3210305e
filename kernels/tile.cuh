// The matrix product that convolutions and fully connected layers are: a thread block makes BM x BN elements of C = A·B, a thread 8 x 8 of them in registers.
// A's and B's tiles, 8 deep, lie in shared memory twice: one is multiplied while the next is on its way from global memory (to registers, then to the other
// copy). Each element is one chain of fma in ascending order of k.
//
// Tiles lie in shared memory as [k][row of A or column of B]. A source with that order is copied by 128-bit rows. A source with k fastest is turned: four
// elements of k go to four rows, which are 4 longer, so that a warp's stores meet no bank twice.
#pragma once
#include "common.cuh"

constexpr int BK = 8;

/// WarpRows: a warp's threads form WarpRows x (32 / WarpRows) blocks of 8 x 8. 4 x 8 reads least; BM = 48 divides by 2 x 16 only.
template <int BM_, int BN_, int WarpRows, bool TurnedA, bool TurnedB>
struct Tile {
    static constexpr int BM = BM_, BN = BN_, Threads = BM * BN / 64;
    static constexpr int PitchA = BM + (TurnedA ? 4 : 0), PitchB = BN + (TurnedB ? 4 : 0);
    static constexpr int WarpColumns = 32 / WarpRows, WarpsAcross = BN / 8 / WarpColumns;
    static_assert(BM % (8 * WarpRows) == 0 && BN % (8 * WarpColumns) == 0, "the warps must cover the tile");

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
#pragma unroll
        for (int k = 0; k < BK; k++) {
            const float4 a0 = load4(&a[k][row]), a1 = load4(&a[k][row + BM / 2]);
            const float4 b0 = load4(&b[k][column]), b1 = load4(&b[k][column + BN / 2]);
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
    for (int i = 1; i <= count; i++) {
        const int now = i & 1;
        if (i < count) {
            a.fetch(i);
            b.fetch(i);
        }
        tile.multiply(shared.a[now ^ 1], shared.b[now ^ 1]);
        if (i < count) {
            a.put(shared.a[now]);
            b.put(shared.b[now]);
            __syncthreads();
        }
    }
}

/// A matrix [k][columns], columns fastest; columns from first on. Elements outside count as 0. Aligned: rows begin at multiples of 16 bytes.
/// Tiles are fetched in order.
template <int Width, int Pitch, int Threads, bool Aligned>
struct RowSource {
    static constexpr int Quads = BK * Width / 4, Count = (Quads + Threads - 1) / Threads, RowsApart = Threads / (Width / 4);
    static_assert(Threads % (Width / 4) == 0, "a thread stays in its columns");
    const float* at; // the thread's first four elements of the next tile
    int stride, left, columns; // left: rows of k from there; columns: from there
    float4 values[Count];

    __device__ __forceinline__ RowSource(const float* matrix, int stride, int columns, int firstColumn, int firstK, int endK) : stride(stride) {
        const int k = firstK + threadIdx.x / (Width / 4), column = firstColumn + threadIdx.x % (Width / 4) * 4;
        at = matrix + (long long)k * stride + column;
        left = endK - k;
        this->columns = columns - column;
    }

    __device__ __forceinline__ bool has(int i) const { return Quads % Threads == 0 || threadIdx.x + i * Threads < Quads; }

    __device__ __forceinline__ void fetch(int) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const float* from = at + i * RowsApart * stride;
            const bool inside = has(i) && i * RowsApart < left;
            values[i] = zero4();
            if (Aligned) {
                if (inside && columns > 0) values[i] = load4(from);
            } else if (inside) {
                if (columns > 0) values[i].x = from[0];
                if (columns > 1) values[i].y = from[1];
                if (columns > 2) values[i].z = from[2];
                if (columns > 3) values[i].w = from[3];
            }
        }
        at += BK * stride;
        left -= BK;
    }

    __device__ __forceinline__ void put(float (&to)[BK][Pitch]) const {
#pragma unroll
        for (int i = 0; i < Count; i++)
            if (has(i)) store4(&to[threadIdx.x / (Width / 4) + i * RowsApart][threadIdx.x % (Width / 4) * 4], values[i]);
    }
};

/// Puts a thread's i-th four elements of k into four rows of a turned tile. They are number threadIdx.x + i · Threads, two numbers to a column.
template <int Threads, int Pitch>
__device__ __forceinline__ void putTurned(float (&to)[BK][Pitch], int i, float4 v) {
    const int k = threadIdx.x % 2 * 4, column = threadIdx.x / 2 + i * (Threads / 2);
    to[k][column] = v.x;
    to[k + 1][column] = v.y;
    to[k + 2][column] = v.z;
    to[k + 3][column] = v.w;
}

/// A matrix [rows][k], k fastest, turned. Elements outside count as 0. Aligned: rows begin at multiples of 16 bytes, and k ends at a multiple of 4.
/// Tiles are fetched in order.
template <int Height, int Pitch, int Threads, bool Aligned>
struct TurnedSource {
    static constexpr int Quads = BK * Height / 4, Count = Quads / Threads, RowsApart = Threads / 2;
    static_assert(Quads % Threads == 0, "the threads must cover the tile");
    const float* at; // the thread's first four elements of the next tile
    int stride, left, rows;
    float4 values[Count];

    __device__ __forceinline__ TurnedSource(const float* matrix, int stride, int rows, int firstRow, int firstK, int endK) : stride(stride) {
        const int k = firstK + threadIdx.x % 2 * 4, row = firstRow + threadIdx.x / 2;
        at = matrix + (long long)row * stride + k;
        left = endK - k;
        this->rows = rows - row;
    }

    __device__ __forceinline__ void fetch(int) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const float* from = at + (long long)(i * RowsApart) * stride;
            const bool inside = i * RowsApart < rows;
            values[i] = zero4();
            if (Aligned) {
                if (inside && left > 0) values[i] = load4(from);
            } else if (inside) {
                if (left > 0) values[i].x = from[0];
                if (left > 1) values[i].y = from[1];
                if (left > 2) values[i].z = from[2];
                if (left > 3) values[i].w = from[3];
            }
        }
        at += BK;
        left -= BK;
    }

    __device__ __forceinline__ void put(float (&to)[BK][Pitch]) const {
#pragma unroll
        for (int i = 0; i < Count; i++) putTurned<Threads>(to, i, values[i]);
    }
};
