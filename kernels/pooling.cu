// Max pooling: y[c,oy,ox] = max over the window [oy·stride − pad, +size) x [ox·stride − pad, +size), clipped to the image; then a ReLU if asked for.
// Backward a gather, so that each dx is written once: dx[p] = Σ of dy[w] over the windows w that cover p and whose maximum is x[p], in ascending order of
// windows. Every input equal to the maximum gets the whole gradient (the 2012 program's rule), or the first in row-major order only.
// A thread has four cases of a pixel (launch "units"). Bytes: forward 4 · (1 + stride²) for each output, backward 4 for each x, dx, y and dy; neighbouring
// windows share what lies in the caches; bound by memory.
#include "common.cuh"

__device__ __forceinline__ float4 max4(float4 a, float4 b) { return make_float4(fmaxf(a.x, b.x), fmaxf(a.y, b.y), fmaxf(a.z, b.z), fmaxf(a.w, b.w)); }

extern "C" __global__ void __launch_bounds__(256) max_pool_forward(View x, View y, int channels, int inputHeight, int inputWidth,
    int size, int stride, int pad, int outputHeight, int outputWidth, int neuron) {
    Unit u;
    if (!u.find(channels, outputHeight, outputWidth)) return;
    const int top = max(u.y * stride - pad, 0), bottom = min(u.y * stride - pad + size, inputHeight);
    const int left = max(u.x * stride - pad, 0), right = min(u.x * stride - pad + size, inputWidth);
    const float* row = x.at(u.block, u.channel, top, left) + u.lane;
    float4 largest = load4(row);
    for (int iy = top; iy < bottom; iy++, row += x.rowStride)
        for (int ix = left; ix < right; ix++) largest = max4(largest, load4(row + (ix - left) * 32));
    store4(u.in(y), applyNeuron(largest, neuron));
}

/// What a window gives to a pixel, one case.
__device__ __forceinline__ void match(float& sum, float pixel, float largest, float gradient, int relu) {
    if (pixel == largest) sum += relu && !(largest > 0.0f) ? 0.0f : gradient;
}

/// The gradient, or 0 where an earlier pixel of the window, row by row, is its maximum too.
__device__ __forceinline__ float4 withoutEarlier(float4 gradient, float4 largest, const Unit& u, const View& x, int top, int left, int right) {
#pragma unroll 1
    for (int y = top; y <= u.y; y++) {
        const int end = y == u.y ? u.x : right;
#pragma unroll 1
        for (int column = left; column < end; column++) {
            const float4 earlier = load4(x.at(u.block, u.channel, y, column) + u.lane);
            if (earlier.x == largest.x) gradient.x = 0.0f;
            if (earlier.y == largest.y) gradient.y = 0.0f;
            if (earlier.z == largest.z) gradient.z = 0.0f;
            if (earlier.w == largest.w) gradient.w = 0.0f;
        }
    }
    return gradient;
}

extern "C" __global__ void __launch_bounds__(256, 4) max_pool_input_gradient(View x, View y, View dy, View dx, int channels, int inputHeight, int inputWidth,
    int size, int stride, int pad, int outputHeight, int outputWidth, int firstTieOnly, int neuron) {
    Unit u;
    if (!u.find(channels, inputHeight, inputWidth)) return;
    const int py = u.y + pad, px = u.x + pad; // windows o with o·stride <= p < o·stride + size
    const int firstRow = py < size ? 0 : (py - size) / stride + 1, endRow = min(py / stride + 1, outputHeight);
    const int firstColumn = px < size ? 0 : (px - size) / stride + 1, endColumn = min(px / stride + 1, outputWidth);
    const float4 pixel = load4(u.in(x));
    const float* largestAt = y.at(u.block, u.channel, 0, 0) + u.lane;
    const float* gradientAt = dy.at(u.block, u.channel, 0, 0) + u.lane;
    float4 sum = zero4();
#pragma unroll 1
    for (int oy = firstRow; oy < endRow; oy++) {
#pragma unroll 1
        for (int ox = firstColumn; ox < endColumn; ox++) {
            const float4 largest = load4(largestAt + oy * y.rowStride + ox * 32);
            float4 gradient = load4(gradientAt + oy * dy.rowStride + ox * 32);
            if (firstTieOnly)
                gradient = withoutEarlier(gradient, largest, u, x, max(oy * stride - pad, 0), max(ox * stride - pad, 0), min(ox * stride - pad + size, inputWidth));
            match(sum.x, pixel.x, largest.x, gradient.x, neuron == Relu);
            match(sum.y, pixel.y, largest.y, gradient.y, neuron == Relu);
            match(sum.z, pixel.z, largest.z, gradient.z, neuron == Relu);
            match(sum.w, pixel.w, largest.w, gradient.w, neuron == Relu);
        }
    }
    store4(u.in(dx), sum);
}
