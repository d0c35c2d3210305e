// Response normalisation, windows of any size. y = x · (k + α · Σ x²)^−β over the neighbours: Size maps at the same pixel (across), or Size x Size pixels of
// the same map (same), cut at the ends. The gradient in two passes: terms t_j = dy_j · x_j · D_j^(−β−1) and the first term dy · D^−β (left in dx), then
// dx_i −= 2αβ · x_i · Σ t_j over the windows that hold i. D is computed again from x, which is cheaper than to store and load it.
// A thread has four cases of a unit (launch "units"). Bytes: forward 8, backward 24 for each element, the rest from caches; bound by memory.
#include "normalization.cuh"

/// Σ x² over the maps of a window, ascending.
__device__ __forceinline__ float4 sumAcross(const Unit& u, const View& x, int channels, int size) {
    float4 sum = zero4();
    const int end = min(u.channel + size / 2 + 1, channels);
    for (int c = max(u.channel - size / 2, 0); c < end; c++) sum = squares(load4(x.at(u.block, c, u.y, u.x) + u.lane), sum);
    return sum;
}

/// Σ x² over the pixels of a window, row by row.
__device__ __forceinline__ float4 sumSame(const Unit& u, const View& x, int height, int width, int size) {
    float4 sum = zero4();
    const int bottom = min(u.y + size / 2 + 1, height), right = min(u.x + size / 2 + 1, width);
    for (int y = max(u.y - size / 2, 0); y < bottom; y++)
        for (int i = max(u.x - size / 2, 0); i < right; i++) sum = squares(load4(x.at(u.block, u.channel, y, i) + u.lane), sum);
    return sum;
}

__device__ __forceinline__ void writeTerms(const Unit& u, const View& x, const View& dy, const View& dx, float* terms, int units, float4 d, float beta) {
    const float4 first = normalized(load4(u.in(dy)), d, beta);
    store4(u.in(dx), first);
    store4(terms + ((long long)u.block * units + u.unit) * 32 + u.lane, termOf(first, load4(u.in(x)), d));
}

extern "C" __global__ void __launch_bounds__(256) normalize_across(View x, View y, int channels, int height, int width, int size, float k, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    store4(u.in(y), normalized(load4(u.in(x)), denominator(sumAcross(u, x, channels, size), k, alpha), beta));
}

extern "C" __global__ void __launch_bounds__(256) normalize_same(View x, View y, int channels, int height, int width, int size, float k, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    store4(u.in(y), normalized(load4(u.in(x)), denominator(sumSame(u, x, height, width, size), k, alpha), beta));
}

extern "C" __global__ void __launch_bounds__(256) normalize_across_terms(View x, View dy, View dx, float* terms, int channels, int height, int width, int size, float k, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    writeTerms(u, x, dy, dx, terms, channels * height * width, denominator(sumAcross(u, x, channels, size), k, alpha), beta);
}

extern "C" __global__ void __launch_bounds__(256) normalize_same_terms(View x, View dy, View dx, float* terms, int channels, int height, int width, int size, float k, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    writeTerms(u, x, dy, dx, terms, channels * height * width, denominator(sumSame(u, x, height, width, size), k, alpha), beta);
}

extern "C" __global__ void __launch_bounds__(256) normalize_across_finish(View x, View dx, const float* __restrict__ terms, int channels, int height, int width, int size, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const int pixels = height * width, end = min(u.channel + size / 2 + 1, channels);
    float4 sum = zero4();
    for (int c = max(u.channel - size / 2, 0); c < end; c++)
        sum = add(sum, load4(terms + ((long long)u.block * channels * pixels + u.unit + (c - u.channel) * pixels) * 32 + u.lane));
    float* at = u.in(dx);
    store4(at, finished(load4(at), 2.0f * alpha * beta, load4(u.in(x)), sum));
}

extern "C" __global__ void __launch_bounds__(256) normalize_same_finish(View x, View dx, const float* __restrict__ terms, int channels, int height, int width, int size, float alpha, float beta) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const int bottom = min(u.y + size / 2 + 1, height), right = min(u.x + size / 2 + 1, width);
    float4 sum = zero4();
    for (int y = max(u.y - size / 2, 0); y < bottom; y++)
        for (int i = max(u.x - size / 2, 0); i < right; i++)
            sum = add(sum, load4(terms + ((long long)u.block * channels * height * width + (u.channel * height + y) * width + i) * 32 + u.lane));
    float* at = u.in(dx);
    store4(at, finished(load4(at), 2.0f * alpha * beta, load4(u.in(x)), sum));
}
