// Pack, unpack and add of boxes: rows of floats at regular distances. An index runs through the floats in the order planes, rows, row; each box says where
// it lies. Bytes: copy 8, add 12 for each float; bound by memory, or by the link where one side is another device's memory.
#include "common.cuh"

struct Box {
    long long offset;
    int planes, rows, rowLength, reserved;
    long long planeStride, rowStride;

    __device__ __forceinline__ long long at(unsigned index) const {
        const unsigned row = index / (unsigned)rowLength, plane = row / (unsigned)rows;
        return offset + plane * planeStride + (row - plane * (unsigned)rows) * rowStride + (index - row * (unsigned)rowLength);
    }
};

extern "C" __global__ void __launch_bounds__(256) copy_box(const float* source, Box from, float* destination, Box to, long long count) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count; i += gridDim.x * 256ll) destination[to.at((unsigned)i)] = source[from.at((unsigned)i)];
}

extern "C" __global__ void __launch_bounds__(256) copy_box4(const float* source, Box from, float* destination, Box to, long long count) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count / 4; i += gridDim.x * 256ll)
        store4(destination + to.at((unsigned)i * 4u), load4(source + from.at((unsigned)i * 4u)));
}

extern "C" __global__ void __launch_bounds__(256) add_box(const float* source, Box from, float* destination, Box to, long long count) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count; i += gridDim.x * 256ll) destination[to.at((unsigned)i)] += source[from.at((unsigned)i)];
}

extern "C" __global__ void __launch_bounds__(256) add_box4(const float* source, Box from, float* destination, Box to, long long count) {
    for (long long i = blockIdx.x * 256ll + threadIdx.x; i < count / 4; i += gridDim.x * 256ll) {
        float* at = destination + to.at((unsigned)i * 4u);
        const float4 a = load4(at), b = load4(source + from.at((unsigned)i * 4u));
        store4(at, make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w));
    }
}
