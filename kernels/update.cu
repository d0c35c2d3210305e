// One update of the paper's section 5, in the 2012 program's order (src/weights.cu): v ← fma(−d, w, fma(−s, g, m·v)), w ← w + v,
// with m the momentum, s = rate / cases, d = rate · decay, g the gradient of the loss. Bytes: 20 for each parameter; bound by memory.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) update(float* __restrict__ weights, float* __restrict__ momentum, const float* __restrict__ gradient, long long count, float m, float s, float d) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count; i += gridDim.x * 256ll) {
        float w = weights[i], v = momentum[i];
        applyUpdate(w, v, gradient[i], m, s, d);
        weights[i] = w;
        momentum[i] = v;
    }
}
