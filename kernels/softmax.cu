// Softmax over the classes, log-loss, its gradient p − 1[label], and the shares of a right answer among the first and the first five, shared at ties as the
// 2012 program does (src/layer_kernels.cu). The sum of exponentials in double precision, in a fixed order.
// A thread block has one block of 32 cases: warp w walks through classes w, w+8, ..., lane = case; then the eight partial results are joined in order.
// Bytes: 24 for each score, most of them from caches; bound by latency.
#include "common.cuh"

namespace {
constexpr int Warps = 8;
}

extern "C" __global__ void __launch_bounds__(256) softmax_log_loss(View logits, View probabilities, View gradient, int hasGradient, int classes,
    const int* __restrict__ labels, int cases, double* __restrict__ results) {
    __shared__ float maxima[Warps][32];
    __shared__ double sums[Warps][32];
    __shared__ int larger[Warps][32], equal[Warps][32];
    const int lane = threadIdx.x & 31, warp = threadIdx.x >> 5, block = blockIdx.x, number = block * 32 + lane;

    float largest = logits.at(block, 0, 0, 0)[lane];
    for (int c = warp; c < classes; c += Warps) largest = fmaxf(largest, logits.at(block, c, 0, 0)[lane]);
    maxima[warp][lane] = largest;
    __syncthreads();
    for (int w = 0; w < Warps; w++) largest = fmaxf(largest, maxima[w][lane]);

    double sum = 0.0;
    for (int c = warp; c < classes; c += Warps) {
        const float e = expf(logits.at(block, c, 0, 0)[lane] - largest);
        probabilities.at(block, c, 0, 0)[lane] = e;
        sum += e;
    }
    sums[warp][lane] = sum;
    __syncthreads();
    sum = 0.0;
    for (int w = 0; w < Warps; w++) sum += sums[w][lane];

    const bool real = number < cases;
    const int label = real ? labels[number] : -1;
    const float total = (float)sum;
    for (int c = warp; c < classes; c += Warps) {
        float* p = probabilities.at(block, c, 0, 0) + lane;
        const float value = real ? *p / total : 0.0f;
        *p = value;
        if (hasGradient) gradient.at(block, c, 0, 0)[lane] = c == label ? value - 1.0f : value;
    }
    __syncthreads(); // the label's probability was written by another warp

    const float own = real ? probabilities.at(block, label, 0, 0)[lane] : 0.0f;
    int above = 0, same = 0;
    for (int c = warp; c < classes; c += Warps) {
        const float other = probabilities.at(block, c, 0, 0)[lane];
        above += other > own;
        same += other == own;
    }
    larger[warp][lane] = above;
    equal[warp][lane] = same;
    __syncthreads();
    if (warp > 0) return;
    above = same = 0;
    for (int w = 0; w < Warps; w++) {
        above += larger[w][lane];
        same += equal[w][lane];
    }
    const int places = 5 - above;
    double* result = results + 3 * (long long)number;
    const double top1 = same == 0 || above > 0 ? 0.0 : 1.0 / same;
    const double top5 = same == 0 || places <= 0 ? 0.0 : same <= places ? 1.0 : (double)places / same;
    result[0] = real ? largest + log(sum) - logits.at(block, label, 0, 0)[lane] : 0.0;
    result[1] = real ? 1.0 - top1 : 0.0;
    result[2] = real ? 1.0 - top5 : 0.0;
}
