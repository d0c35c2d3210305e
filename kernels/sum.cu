// destination = ((source 0 + source 1) + source 2) + ..., element by element. A source may be the destination: each element is read before it is written, by the
// same thread. Bytes: 4 · (sources + 1) for each element; bound by memory.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) sum_views(View destination, const View* __restrict__ sources, int count, int channels, int height, int width) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    float4 sum = load4(u.in(sources[0]));
    for (int i = 1; i < count; i++) {
        const float4 v = load4(u.in(sources[i]));
        sum = make_float4(sum.x + v.x, sum.y + v.y, sum.z + v.z, sum.w + v.w);
    }
    store4(u.in(destination), sum);
}

extern "C" __global__ void __launch_bounds__(256) sum_buffers(float* destination, const float* const* __restrict__ sources, int sourceCount, long long count) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count; i += gridDim.x * 256ll) {
        float sum = sources[0][i];
        for (int s = 1; s < sourceCount; s++) sum += sources[s][i];
        destination[i] = sum;
    }
}
