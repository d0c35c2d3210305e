// Arithmetic of response normalisation on four cases at once.
#pragma once
#include "common.cuh"

/// d^−β. For β = 0.75, the paper's, by square roots; else by powf, several times slower.
__device__ __forceinline__ float powerOf(float d, float beta) {
    if (beta == 0.75f) {
        const float half = rsqrtf(d);
        return half * sqrtf(half);
    }
    return powf(d, -beta);
}

__device__ __forceinline__ float4 squares(float4 v, float4 sum) {
    return make_float4(fmaf(v.x, v.x, sum.x), fmaf(v.y, v.y, sum.y), fmaf(v.z, v.z, sum.z), fmaf(v.w, v.w, sum.w));
}

__device__ __forceinline__ float4 add(float4 a, float4 b) { return make_float4(a.x + b.x, a.y + b.y, a.z + b.z, a.w + b.w); }

/// k + α · sum.
__device__ __forceinline__ float4 denominator(float4 sum, float k, float alpha) {
    return make_float4(fmaf(alpha, sum.x, k), fmaf(alpha, sum.y, k), fmaf(alpha, sum.z, k), fmaf(alpha, sum.w, k));
}

/// v · d^−β.
__device__ __forceinline__ float4 normalized(float4 v, float4 d, float beta) {
    return make_float4(v.x * powerOf(d.x, beta), v.y * powerOf(d.y, beta), v.z * powerOf(d.z, beta), v.w * powerOf(d.w, beta));
}

/// t = first · x / d, with first = dy · d^−β.
__device__ __forceinline__ float4 termOf(float4 first, float4 x, float4 d) {
    return make_float4(first.x * x.x / d.x, first.y * x.y / d.y, first.z * x.z / d.z, first.w * x.w / d.w);
}

/// first − factor · x · sum.
__device__ __forceinline__ float4 finished(float4 first, float factor, float4 x, float4 sum) {
    return make_float4(fmaf(-(factor * x.x), sum.x, first.x), fmaf(-(factor * x.y), sum.y, first.y), fmaf(-(factor * x.z), sum.z, first.z), fmaf(-(factor * x.w), sum.w, first.w));
}
