// Weights for the input gradient of a convolution: for each phase of the stride, packed[(kernel, tap)][channel] = w[channel][tap][kernel], so that conv_taps
// reads rows of channels. Block (32,8), grid (kernels / 32, channels / 32, taps of the phase). Bytes: 8 for each weight; bound by memory.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) pack_gradient_weights(const float* __restrict__ weights, const int* __restrict__ phaseTaps, int phaseTapCount, int allTaps,
    int C, int kernels, float* __restrict__ packed) {
    __shared__ float tile[32][33];
    const int tap = blockIdx.z, from = phaseTaps[tap];
    const int kernel = blockIdx.x * 32 + threadIdx.x;
    for (int i = threadIdx.y; i < 32; i += 8) {
        const int channel = blockIdx.y * 32 + i;
        if (channel < C && kernel < kernels) tile[i][threadIdx.x] = weights[((long long)channel * allTaps + from) * kernels + kernel];
    }
    __syncthreads();
    const int channel = blockIdx.y * 32 + threadIdx.x;
    for (int i = threadIdx.y; i < 32; i += 8) {
        const int to = blockIdx.x * 32 + i;
        if (channel < C && to < kernels) packed[((long long)to * phaseTapCount + tap) * C + channel] = tile[threadIdx.x][i];
    }
}

/// Pixels of the input that no window reaches: their gradient is 0.
extern "C" __global__ void __launch_bounds__(256) clear_phase(float* output, long long outputBlockStride, const int* __restrict__ outputChannels,
    int outputRowStep, int outputPixelStep, int M, int rows, int columns) {
    Unit u;
    if (!u.find(M, rows, columns)) return;
    store4(output + u.block * outputBlockStride + outputChannels[u.channel] + u.y * outputRowStep + u.x * outputPixelStep + u.lane, zero4());
}
