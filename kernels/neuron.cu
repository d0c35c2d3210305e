// The gradient of a neuron, in place: dy = dy · neuron'(y), with y the neuron's output. ReLU: dy where y > 0, else 0 (the 2012 program's rule,
// include/neuron.cuh). tanh: dy · (1 − y²).
// A thread has four cases of a unit (launch "units"). Bytes: 8 read and 4 written for each element; bound by memory.
#include "common.cuh"

__device__ __forceinline__ float gradientOf(float y, float dy, int neuron) {
    return neuron == Relu ? (y > 0.0f ? dy : 0.0f) : neuron == Tanh ? dy * fmaf(-y, y, 1.0f) : dy;
}

extern "C" __global__ void __launch_bounds__(256) neuron_gradient(View y, View dy, int channels, int height, int width, int neuron) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const float4 v = load4(u.in(y));
    float* at = u.in(dy);
    const float4 g = load4(at);
    store4(at, make_float4(gradientOf(v.x, g.x, neuron), gradientOf(v.y, g.y, neuron), gradientOf(v.z, g.z, neuron), gradientOf(v.w, g.w, neuron)));
}
