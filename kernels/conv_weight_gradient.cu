// The weight gradient of a convolution: dw[k][m] = Σ over blocks, pixels and cases of input[pixel + taps[k]] · dy[m, pixel].
// A product of (taps) x (pixels, cases) by (pixels, cases) x (kernels): both have the cases fastest, so both are turned on their way to shared memory. The long
// sum over pixels is cut into a fixed number of parts (the 2012 program's partialSum); conv_weight_gradient_sum adds them in a fixed order: no atomics.
// Block: BN · 2 threads, grid (K / 128, kernels / BN, blocks · parts). Bytes from L2: for each 8 cases of a pixel 4 · 8 · (128 + BN), for 2 · 8 · 128 · BN FLOP:
// 32 FLOP a byte for BN = 128. Bound by arithmetic.
#include "tile.cuh"

namespace {

struct Gradient {
    const float* input;
    long long inputBlockStride;
    int inputRowStep, inputPixelStep;
    const int* taps;
    int K;
    const float* dy;
    long long dyBlockStride;
    const int* dyChannels;
    int dyRowStride, kernels, rows, columns, parts;
    float* partials;
};

/// Walks through the pixels of a part, row by row; a pixel is four tiles of 8 cases.
struct PixelWalk {
    int left, columns; // left: pixels of the row from here on
    bool moves, wraps; // after a tile: to the next pixel; to the next row

    __device__ __forceinline__ void step(int tile) {
        moves = tile % 4 == 3;
        wraps = moves && --left == 0;
        if (moves && wraps) left = columns;
    }
};

/// Rows at offsets of a table (taps or kernels), 8 cases of one pixel at a time. The leading one of two moves the walk on.
template <int Height, int Pitch, int Threads, bool Leads>
struct PixelSource {
    static constexpr int Quads = Height * 2, Count = (Quads + Threads - 1) / Threads;
    PixelWalk& walk;
    const float* at; // of the next tile
    int rowStep, pixelStep;
    int offsets[Count];
    float4 values[Count];

    /// Rows past the last read the last one; their results are not stored.
    __device__ __forceinline__ PixelSource(PixelWalk& walk, const float* origin, const int* table, int first, int rows, int y, int rowStep, int pixelStep)
        : walk(walk), at(origin + (long long)y * rowStep + (walk.columns - walk.left) * pixelStep), rowStep(rowStep), pixelStep(pixelStep) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            const int index = threadIdx.x + i * Threads;
            offsets[i] = table[min(first + min(index / 2, Height - 1), rows - 1)] + index % 2 * 4;
        }
    }

    __device__ __forceinline__ void fetch(int tile) {
#pragma unroll
        for (int i = 0; i < Count; i++)
            if (Quads % Threads == 0 || threadIdx.x + i * Threads < Quads) values[i] = load4(at + offsets[i]);
        if (Leads) walk.step(tile);
        int step = walk.moves ? pixelStep - 24 : 8; // the pixel's next cases, or the next pixel
        if (walk.wraps) step += rowStep - walk.columns * pixelStep;
        at += step;
    }

    __device__ __forceinline__ void put(float (&to)[BK][Pitch]) const {
#pragma unroll
        for (int i = 0; i < Count; i++)
            if (Quads % Threads == 0 || threadIdx.x + i * Threads < Quads) putTurned<Threads>(to, i, values[i]);
    }
};

template <int BN, int WarpRows>
__device__ __forceinline__ void gradientPart(const Gradient& a) {
    using T = Tile<128, BN, WarpRows, true, true>;
    __shared__ __align__(16) typename T::Shared shared;
    T tile;
    const int block = blockIdx.z / a.parts, part = blockIdx.z - block * a.parts;
    const int pixels = a.rows * a.columns, first = (int)((long long)part * pixels / a.parts), end = (int)((long long)(part + 1) * pixels / a.parts);
    const int y = first / a.columns;
    PixelWalk walk{(y + 1) * a.columns - first, a.columns, false, false};
    PixelSource<128, T::PitchA, T::Threads, true> inputs(walk, a.input + block * a.inputBlockStride, a.taps, blockIdx.x * 128, a.K, y, a.inputRowStep, a.inputPixelStep);
    PixelSource<BN, T::PitchB, T::Threads, false> gradients(walk, a.dy + block * a.dyBlockStride, a.dyChannels, blockIdx.y * BN, a.kernels, y, a.dyRowStride, 32);
    multiplyTiles(tile, shared, inputs, gradients, 4 * (end - first));

    float* to = a.partials + (long long)blockIdx.z * a.K * a.kernels;
    const bool aligned = a.kernels % 4 == 0 && reinterpret_cast<unsigned long long>(to) % 16 == 0;
#pragma unroll
    for (int i = 0; i < 8; i++) {
        const int k = blockIdx.x * 128 + tile.rowOf(i);
        if (k >= a.K) continue;
#pragma unroll
        for (int h = 0; h < 2; h++) {
            const int m = blockIdx.y * BN + tile.columnOf(h);
            float* at = to + (long long)k * a.kernels + m;
            const float4 v = tile.four(i, h);
            if (aligned && m < a.kernels) {
                store4(at, v);
            } else {
                if (m < a.kernels) at[0] = v.x;
                if (m + 1 < a.kernels) at[1] = v.y;
                if (m + 2 < a.kernels) at[2] = v.z;
                if (m + 3 < a.kernels) at[3] = v.w;
            }
        }
    }
}

} // namespace

#define CONV_WEIGHT_GRADIENT(name, BN, WarpRows, BlocksOfMultiprocessor)                                                                          \
    extern "C" __global__ void __launch_bounds__(BN * 2, BlocksOfMultiprocessor) name(const float* __restrict__ input, long long inputBlockStride, int inputRowStep, \
        int inputPixelStep, const int* __restrict__ taps, int K, const float* __restrict__ dy, long long dyBlockStride,                             \
        const int* __restrict__ dyChannels, int dyRowStride, int kernels, int rows, int columns, int parts, float* __restrict__ partials) {         \
        gradientPart<BN, WarpRows>({input, inputBlockStride, inputRowStep, inputPixelStep, taps, K, dy, dyBlockStride, dyChannels, dyRowStride,    \
            kernels, rows, columns, parts, partials});                                                                                         \
    }

CONV_WEIGHT_GRADIENT(conv_weight_gradient_128x128, 128, 4, 2)
CONV_WEIGHT_GRADIENT(conv_weight_gradient_128x64, 64, 4, 3)
CONV_WEIGHT_GRADIENT(conv_weight_gradient_128x48, 48, 16, 4)
CONV_WEIGHT_GRADIENT(conv_weight_gradient_128x32, 32, 8, 4)

/// gradient = the parts of each block of cases, added in order; blocks one after the other, so that a run may be cut into calls anywhere.
/// Block 256, grid count / 256. Bytes: 4 for each partial; bound by memory.
extern "C" __global__ void __launch_bounds__(256) conv_weight_gradient_sum(const float* __restrict__ partials, int parts, int blocks, long long count, float* __restrict__ gradient, int first) {
    const long long i = blockIdx.x * 256ll + threadIdx.x;
    if (i >= count) return;
    float total = first ? 0.0f : gradient[i];
    for (int block = 0; block < blocks; block++) {
        const float* at = partials + (long long)block * parts * count + i;
        float sum = at[0];
        for (int part = 1; part < parts; part++) sum += at[part * count];
        total = first && block == 0 ? sum : total + sum;
    }
    gradient[i] = total;
}
