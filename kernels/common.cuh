// What all kernels share. Activations lie as (block of 32 cases, channel, y, x, 32 cases); see README.md.
#pragma once

/// Some channels of a tensor, as the host's TensorView sees them: origin is pixel (0,0) inside the border of the run's first block.
struct View {
    float* origin;
    const int* channels;   // floats from a block's start to a channel's plane
    long long blockStride; // floats
    int rowStride;         // floats
    int reserved;

    /// Case 0 of a pixel.
    __device__ __forceinline__ float* at(int block, int channel, int y, int x) const {
        return origin + block * blockStride + channels[channel] + y * rowStride + x * 32;
    }
};

enum Neuron { None = 0, Relu = 1, Tanh = 2 };

__device__ __forceinline__ float applyNeuron(float v, int neuron) {
    return neuron == Relu ? fmaxf(v, 0.0f) : neuron == Tanh ? tanhf(v) : v;
}

__device__ __forceinline__ float4 applyNeuron(float4 v, int neuron) {
    return make_float4(applyNeuron(v.x, neuron), applyNeuron(v.y, neuron), applyNeuron(v.z, neuron), applyNeuron(v.w, neuron));
}

__device__ __forceinline__ float4 load4(const float* p) { return *reinterpret_cast<const float4*>(p); }
__device__ __forceinline__ void store4(float* p, float4 v) { *reinterpret_cast<float4*>(p) = v; }
__device__ __forceinline__ float4 zero4() { return make_float4(0.0f, 0.0f, 0.0f, 0.0f); }

/// v = fma(-d, w, fma(-s, g, m v)), w = w + v: the update of the 2012 program (src/weights.cu), rounded as on the CPU.
__device__ __forceinline__ void applyUpdate(float& w, float& v, float g, float m, float s, float d) {
    v = fmaf(-d, w, fmaf(-s, g, __fmul_rn(m, v)));
    w = __fadd_rn(w, v);
}

/// What a thread of a launch over "units" has: four cases of one pixel of one channel of one block. False for threads past the last unit.
struct Unit {
    int unit, channel, y, x, block, lane; // lane: its first case
    __device__ __forceinline__ bool find(int channels, int height, int width) {
        const unsigned index = blockIdx.x * 256u + threadIdx.x;
        lane = (index & 7) * 4;
        unit = index >> 3;
        block = blockIdx.z;
        const int pixels = height * width;
        if (unit >= channels * pixels) return false;
        channel = unit / pixels;
        const int pixel = unit - channel * pixels;
        y = pixel / width;
        x = pixel - y * width;
        return true;
    }
    __device__ __forceinline__ float* in(const View& v) const { return v.at(block, channel, y, x) + lane; }
};
