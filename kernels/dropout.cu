// Dropout (the paper's section 4.2): training y = x · mask, test y = x · keep. Which cases keep a unit: word (case mod 32) / 8 of Philox4x32-10 at the
// index unit · 2³² + block · 8 + case mod 8, with blocks, units and cases numbered in the whole network and batch, so that the mask does not depend on the split.
// Test: a thread has four adjacent cases of a unit; training: cases j, j+8, j+16, j+24, the four words of one counter (launch "units" both).
// Bytes: 8 for each element; training is bound by Philox's 40 multiplications for four elements on devices of much memory bandwidth.
#include "common.cuh"

/// Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
__device__ __forceinline__ uint4 philox(unsigned c0, unsigned c1, unsigned c2, unsigned c3, unsigned k0, unsigned k1) {
#pragma unroll
    for (int round = 0; round < 10; round++) {
        const unsigned low0 = 0xD2511F53u * c0, high0 = __umulhi(0xD2511F53u, c0);
        const unsigned low1 = 0xCD9E8D57u * c2, high1 = __umulhi(0xCD9E8D57u, c2);
        c0 = high1 ^ c1 ^ k0;
        c1 = low1;
        c2 = high0 ^ c3 ^ k1;
        c3 = low0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return make_uint4(c0, c1, c2, c3);
}

extern "C" __global__ void __launch_bounds__(256) dropout_mask(View x, View y, int channels, int height, int width, int firstUnit, int firstBlock,
    unsigned c2, unsigned c3, unsigned k0, unsigned k1, unsigned limit) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const int j = u.lane / 4; // case mod 8
    const uint4 words = philox((unsigned)(firstBlock + u.block) * 8u + j, (unsigned)(firstUnit + u.unit), c2, c3, k0, k1);
    const float* from = u.in(x) - u.lane + j;
    float* to = u.in(y) - u.lane + j;
    const float a = from[0], b = from[8], c = from[16], d = from[24];
    to[0] = words.x >> 8 < limit ? a : 0.0f;
    to[8] = words.y >> 8 < limit ? b : 0.0f;
    to[16] = words.z >> 8 < limit ? c : 0.0f;
    to[24] = words.w >> 8 < limit ? d : 0.0f;
}

extern "C" __global__ void __launch_bounds__(256) dropout_scale(View x, View y, int channels, int height, int width, float keep) {
    Unit u;
    if (!u.find(channels, height, width)) return;
    const float4 v = load4(u.in(x));
    store4(u.in(y), make_float4(v.x * keep, v.y * keep, v.z * keep, v.w * keep));
}
