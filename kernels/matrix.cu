// Views to dense matrices [units][N], N = blocks · 32, and back with what follows a matrix product: parts added, bias, neuron.
// A thread has four cases of a unit (launch "units"). Bytes: 8 for each element (4 more for each further part); bound by memory.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) flatten(View x, int channels, int height, int width, float* __restrict__ matrix, int ld) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    store4(matrix + (long long)u.unit * ld + u.block * 32 + u.lane, load4(u.in(x)));
}

/// y = neuron(((part 0 + part 1) + ...) + bias of the channel).
extern "C" __global__ void __launch_bounds__(256) finish_matrix(const float* __restrict__ matrix, int ld, int parts, long long partStride,
    const float* __restrict__ bias, View y, int channels, int height, int width, int neuron) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const float* at = matrix + (long long)u.unit * ld + u.block * 32 + u.lane;
    float4 sum = load4(at);
    for (int part = 1; part < parts; part++) {
        const float4 v = load4(at + part * partStride);
        sum = make_float4(sum.x + v.x, sum.y + v.y, sum.z + v.z, sum.w + v.w);
    }
    if (bias) {
        const float b = bias[u.channel];
        sum = make_float4(sum.x + b, sum.y + b, sum.z + b, sum.w + b);
    }
    store4(u.in(y), applyNeuron(sum, neuron));
}
