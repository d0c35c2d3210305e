// Response normalisation across five maps (the paper's n), in one pass each way: a thread walks through 16 maps at four cases of a pixel and keeps the window in
// registers. Formulas as in normalization.cu; the sums' order is the same.
// Block 256, grid (pixels · 8 / 256, maps / 16, blocks). Bytes: forward 4 · (20/16 + 1), backward 4 · (2 · 24/16 + 1) for each element; bound by memory.
#include "normalization.cuh"

namespace {

constexpr int Chunk = 16;

/// Four cases of a pixel of any map; zeros outside the tower.
struct Column {
    int block, y, x, lane;
    __device__ __forceinline__ bool find(int height, int width) {
        const unsigned index = blockIdx.x * 256u + threadIdx.x;
        const int pixel = index >> 3;
        lane = (index & 7) * 4;
        block = blockIdx.z;
        y = pixel / width;
        x = pixel - y * width;
        return pixel < height * width;
    }
    __device__ __forceinline__ float4 read(const View& v, int channel, int channels) const {
        return channel >= 0 && channel < channels ? load4(v.at(block, channel, y, x) + lane) : zero4();
    }
    __device__ __forceinline__ void write(const View& v, int channel, float4 value) const { store4(v.at(block, channel, y, x) + lane, value); }
};

__device__ __forceinline__ float4 sumOf(const float4 (&w)[5]) { return squares(w[4], squares(w[3], squares(w[2], squares(w[1], squares(w[0], zero4()))))); }

__device__ __forceinline__ void shift(float4 (&w)[5], float4 next) {
    w[0] = w[1];
    w[1] = w[2];
    w[2] = w[3];
    w[3] = w[4];
    w[4] = next;
}

} // namespace

extern "C" __global__ void __launch_bounds__(256) normalize_across5(View x, View y, int channels, int height, int width, float k, float alpha, float beta) {
    Column at;
    if (!at.find(height, width)) return;
    const int begin = blockIdx.y * Chunk, end = min(begin + Chunk, channels);
    float4 w[5]; // maps c−2 .. c+2
#pragma unroll
    for (int i = 1; i < 5; i++) w[i] = at.read(x, begin + i - 3, channels);
    for (int c = begin; c < end; c++) {
        shift(w, at.read(x, c + 2, channels));
        at.write(y, c, normalized(w[2], denominator(sumOf(w), k, alpha), beta));
    }
}

extern "C" __global__ void __launch_bounds__(256) normalize_across5_gradient(View x, View dy, View dx, int channels, int height, int width, float k, float alpha, float beta) {
    Column at;
    if (!at.find(height, width)) return;
    const int begin = blockIdx.y * Chunk, end = min(begin + Chunk, channels);
    const float factor = 2.0f * alpha * beta;
    float4 w[5];                              // x of maps j−2 .. j+2
    float4 t[5];                              // t of maps j−4 .. j
    float4 first[3];                          // dy · D^−β of maps j−2 .. j
#pragma unroll
    for (int i = 0; i < 5; i++) w[i] = at.read(x, begin + i - 5, channels);
#pragma unroll
    for (int i = 0; i < 5; i++) t[i] = zero4();
#pragma unroll
    for (int i = 0; i < 3; i++) first[i] = zero4();
    for (int j = begin - 2; j < end + 2; j++) {
        shift(w, at.read(x, j + 2, channels));
        const float4 d = denominator(sumOf(w), k, alpha);
        first[0] = first[1];
        first[1] = first[2];
        float4 term = zero4();
        first[2] = zero4();
        if (j >= 0 && j < channels) {
            first[2] = normalized(at.read(dy, j, channels), d, beta);
            term = termOf(first[2], w[2], d);
        }
        shift(t, term);
        if (j - 2 < begin) continue;
        const float4 sum = add(add(add(add(t[0], t[1]), t[2]), t[3]), t[4]);
        at.write(dx, j - 2, finished(first[0], factor, w[0], sum)); // w[0] is x of map j−2
    }
}
