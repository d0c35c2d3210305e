// The input stage: x = (pixel − mean + shift) · scale, mirrored where asked; from images of bytes (planes R, G, B, rows of pixels) to blocks of 32 cases.
// A thread block has 32 pixels of a row of one plane, for 32 cases: it reads along the pixels and writes along the cases, by way of shared memory.
// Block (32,8), grid (width / 32, 3 · height, blocks). Bytes: 1 + 4 (mean, mostly from caches) read and 4 written for each element; bound by memory.
#include "common.cuh"

struct CaseInput {
    const unsigned char* pixels; // first pixel of the crop in the R plane
    const float* mean;           // what is subtracted from the network's pixel (0,0) of R; rows and planes as far apart as the image's; null: 0
    float red, green, blue;
    int mirror;
};

extern "C" __global__ void __launch_bounds__(256) input_stage(View x, const CaseInput* __restrict__ cases, int count,
    int height, int width, int imageHeight, int imageWidth, float scale) {
    __shared__ float tile[32][33];
    const int channel = blockIdx.y / height, y = blockIdx.y - channel * height, block = blockIdx.z;
    const int left = blockIdx.x * 32, column = left + threadIdx.x;
    const long long row = (long long)channel * imageHeight * imageWidth + (long long)y * imageWidth;
    for (int n = threadIdx.y; n < 32; n += 8) {
        float value = 0.0f;
        if (block * 32 + n < count && column < width) {
            const CaseInput& image = cases[block * 32 + n];
            const float pixel = image.pixels[row + (image.mirror ? width - 1 - column : column)];
            const float mean = image.mean ? image.mean[row + column] : 0.0f;
            const float shift = channel == 0 ? image.red : channel == 1 ? image.green : image.blue;
            value = __fmul_rn(__fadd_rn(pixel - mean, shift), scale);
        }
        tile[n][threadIdx.x] = value;
    }
    __syncthreads();
    for (int i = threadIdx.y; i < 32 && left + i < width; i += 8) x.at(block, channel, y, left + i)[threadIdx.x] = tile[threadIdx.x][i];
}
