// db[c] = Σ over blocks, pixels and cases of dy[c]. A thread block has one channel. Within a block of cases: each thread sums every 256th four cases in
// order, then a tree of fixed shape; blocks of cases are added one after the other, so a run may be cut into calls anywhere.
// Bytes: 4 read for each element of dy; bound by memory.
#include "common.cuh"

extern "C" __global__ void __launch_bounds__(256) bias_gradient(View dy, int height, int width, int blocks, float* gradient, int first) {
    __shared__ float sums[256];
    const int channel = blockIdx.x, quads = height * width * 8;
    float total = first ? 0.0f : gradient[channel];
    for (int block = 0; block < blocks; block++) {
        float sum = 0.0f;
        for (int i = threadIdx.x; i < quads; i += 256) {
            const int pixel = i >> 3, y = pixel / width;
            const float4 v = load4(dy.at(block, channel, y, pixel - y * width) + (i & 7) * 4);
            sum += (v.x + v.y) + (v.z + v.w);
        }
        sums[threadIdx.x] = sum;
        __syncthreads();
        for (int half = 128; half > 0; half >>= 1) {
            if (threadIdx.x < half) sums[threadIdx.x] += sums[threadIdx.x + half];
            __syncthreads();
        }
        if (threadIdx.x == 0) total = first && block == 0 ? sums[0] : total + sums[0];
        __syncthreads(); // the next block of cases writes sums
    }
    if (threadIdx.x == 0) gradient[channel] = total;
}
