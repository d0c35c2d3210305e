// Convolution forward, and the input gradient as a convolution: y[m, pixel, n] = neuron(bias[m] + Σ_k weights[k][m] · input[pixel + taps[k]][n]).
// Implicit GEMM: C = (kernels) x (4 pixels x 32 cases). A table holds each tap's offset, so a tap of any channel of any window is one load of 128 bits.
// Block: BM · 2 threads; grid (pixels / 4, M / BM, blocks of cases). Bytes from L2: for each tile of 8 taps 4 · 8 · (BM + 128), for 2 · 8 · BM · 128 FLOP:
// 32 FLOP a byte for BM = 128. Bound by arithmetic.
#include "tile.cuh"

namespace {

struct Taps {
    const float* input;
    long long inputBlockStride;
    int inputRowStep, inputPixelStep;
    const int* taps;
    const int* places;
    int placesHeight, placesWidth, K;
    const float* weights;
    const float* bias;
    float* output;
    long long outputBlockStride;
    const int* outputChannels;
    int outputRowStep, outputPixelStep, M, rows, columns, neuron;
};

/// B: the taps of four pixels' windows. A warp fetches one tap of all four. Tiles are fetched in order.
template <int Threads, bool Checked>
struct WindowSource {
    static constexpr int Quads = BK * 32, Count = (Quads + Threads - 1) / Threads, Rows = Threads / 32;
    const float* pixel;
    const int* taps;    // the thread's first tap of the next tile
    int left;           // taps from there
    int offsets[Count]; // of the next tile: they are on their way while this one is multiplied
    float4 values[Count];
    // Checked only
    const int* places;
    int y, x, height, width;

    __device__ __forceinline__ WindowSource(const Taps& a) : taps(a.taps + threadIdx.x / 32), left(a.K - (int)(threadIdx.x / 32)), places(a.places), height(a.placesHeight), width(a.placesWidth) {
        // A thread past the last pixel reads the last pixel's window; its results are not stored.
        const int number = min((int)blockIdx.x * 4 + (int)(threadIdx.x % 32) / 8, a.rows * a.columns - 1);
        y = number / a.columns;
        x = number - y * a.columns;
        pixel = a.input + blockIdx.z * a.inputBlockStride + (long long)y * a.inputRowStep + x * a.inputPixelStep + threadIdx.x % 8 * 4;
        look();
    }

    __device__ __forceinline__ bool has(int i) const { return Quads % Threads == 0 || threadIdx.x / 32 + i * Rows < BK; }

    __device__ __forceinline__ void look() {
#pragma unroll
        for (int i = 0; i < Count; i++) offsets[i] = i * Rows < left ? taps[i * Rows] : 0;
    }

    __device__ __forceinline__ void fetch(int tile) {
#pragma unroll
        for (int i = 0; i < Count; i++) {
            bool inside = has(i) && i * Rows < left;
            if (Checked && places && inside) {
                const int place = places[tile * BK + threadIdx.x / 32 + i * Rows], py = y + (place >> 16), px = x + (int)(short)(place & 0xffff);
                inside = py >= 0 && py < height && px >= 0 && px < width;
            }
            values[i] = inside ? load4(pixel + offsets[i]) : zero4();
        }
        taps += BK;
        left -= BK;
        look();
    }

    __device__ __forceinline__ void put(float (&to)[BK][128]) const {
#pragma unroll
        for (int i = 0; i < Count; i++)
            if (has(i)) store4(&to[threadIdx.x / 32 + i * Rows][threadIdx.x % 32 * 4], values[i]);
    }
};

template <int BM, int WarpRows, bool Any>
__device__ __forceinline__ void convolve(const Taps& a) {
    using T = Tile<BM, 128, WarpRows, false, false>;
    __shared__ __align__(16) typename T::Shared shared;
    T tile;
    const int firstKernel = blockIdx.y * BM;
    RowSource<BM, T::PitchA, T::Threads, !Any> weights(a.weights, a.M, a.M, firstKernel, 0, a.K);
    WindowSource<T::Threads, Any> windows(a);
    multiplyTiles(tile, shared, weights, windows, (a.K + BK - 1) / BK);

#pragma unroll
    for (int h = 0; h < 2; h++) {
        const int number = blockIdx.x * 4 + tile.columnOf(h) / 32;
        if (number >= a.rows * a.columns) continue;
        const int y = number / a.columns, x = number - y * a.columns;
        float* at = a.output + blockIdx.z * a.outputBlockStride + (long long)y * a.outputRowStep + x * a.outputPixelStep + tile.columnOf(h) % 32;
#pragma unroll
        for (int i = 0; i < 8; i++) {
            const int m = firstKernel + tile.rowOf(i);
            if (m >= a.M) continue;
            const float b = a.bias ? a.bias[m] : 0.0f;
            const float4 v = tile.four(i, h);
            store4(at + a.outputChannels[m], applyNeuron(make_float4(v.x + b, v.y + b, v.z + b, v.w + b), a.neuron));
        }
    }
}

} // namespace

#define CONV_TAPS(name, BM, WarpRows, Any, BlocksOfMultiprocessor)                                                                              \
    extern "C" __global__ void __launch_bounds__(BM * 2, BlocksOfMultiprocessor) name(const float* __restrict__ input, long long inputBlockStride, int inputRowStep,  \
        int inputPixelStep, const int* __restrict__ taps, const int* __restrict__ places, int placesHeight, int placesWidth, int K,                  \
        const float* __restrict__ weights, const float* __restrict__ bias, float* __restrict__ output, long long outputBlockStride,                  \
        const int* __restrict__ outputChannels, int outputRowStep, int outputPixelStep, int M, int rows, int columns, int neuron) {                  \
        convolve<BM, WarpRows, Any>({input, inputBlockStride, inputRowStep, inputPixelStep, taps, places, placesHeight, placesWidth, K, weights,      \
            bias, output, outputBlockStride, outputChannels, outputRowStep, outputPixelStep, M, rows, columns, neuron});                          \
    }

CONV_TAPS(conv_taps_128x128, 128, 4, false, 2)
CONV_TAPS(conv_taps_64x128, 64, 4, false, 3)
CONV_TAPS(conv_taps_48x128, 48, 2, false, 4)
CONV_TAPS(conv_taps_32x128, 32, 4, false, 6)
CONV_TAPS(conv_taps_any, 64, 4, true, 3)
