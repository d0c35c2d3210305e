// PTX instructions that are more than a C++ operator. Included by generated code only.
#pragma once
#include "kernel_abi.h"
#include <type_traits>

using namespace soft;
using u8 = uint8_t; using u16 = uint16_t; using u32 = uint32_t; using u64 = uint64_t;
using s8 = int8_t; using s16 = int16_t; using s32 = int32_t; using s64 = int64_t;
using f32 = float; using f64 = double;

// Alignment of vectors is checked in both modes: it costs a test, and real devices fault. Everything else in checked mode only.
#ifdef SOFT_CHECKED
#define ACCESS(q, bytes, write, line) t.calls->access(t, q, bytes, write, false, line)
#define ATOMIC(q, bytes, line) t.calls->access(t, q, bytes, true, true, line)
#else
#define ACCESS(q, bytes, write, line) \
    do { if ((bytes) > 4 && (reinterpret_cast<u64>(q) & ((bytes) - 1))) t.calls->misaligned(t, q, bytes, line); } while (0)
#define ATOMIC(q, bytes, line) ACCESS(q, bytes, true, line)
#endif

template <class T, class U> static inline T bits(U u) { static_assert(sizeof(T) == sizeof(U)); T t; memcpy(&t, &u, sizeof t); return t; }
static inline f32 fma_(f32 a, f32 b, f32 c) { return __builtin_fmaf(a, b, c); }
static inline f64 fma_(f64 a, f64 b, f64 c) { return __builtin_fma(a, b, c); }
using f32x8 = f32 __attribute__((vector_size(32)));
static inline f32x8 fma8_(f32 a, f32x8 b, f32x8 c) { f32x8 r; for (int i = 0; i < 8; i++) r[i] = __builtin_fmaf(a, b[i], c[i]); return r; }
static inline f32 sqrt_(f32 x) { return __builtin_sqrtf(x); }
static inline f64 sqrt_(f64 x) { return __builtin_sqrt(x); }
static inline f32 abs_(f32 x) { return __builtin_fabsf(x); }
static inline f64 abs_(f64 x) { return __builtin_fabs(x); }
template <class T> static inline T abs_(T x) { return x < 0 ? (T)(0 - x) : x; }
static inline f32 min_(f32 a, f32 b) { return a != a ? b : b != b ? a : a < b || (a == b && std::signbit(a)) ? a : b; }
static inline f32 max_(f32 a, f32 b) { return a != a ? b : b != b ? a : a > b || (a == b && !std::signbit(a)) ? a : b; }
static inline f64 min_(f64 a, f64 b) { return __builtin_fmin(a, b); }
static inline f64 max_(f64 a, f64 b) { return __builtin_fmax(a, b); }
template <class T> static inline T min_(T a, T b) { return a < b ? a : b; }
template <class T> static inline T max_(T a, T b) { return a > b ? a : b; }
template <class T> static inline T shl_(T a, u32 n) { return n >= sizeof(T) * 8 ? T(0) : T(std::make_unsigned_t<T>(a) << n); }
template <class T> static inline T shr_(T a, u32 n) { return n >= sizeof(T) * 8 ? (a < 0 ? T(-1) : T(0)) : T(a >> n); }
template <class T> static inline T div_(T a, T b) { return b == 0 ? T(-1) : T(a / b); }
template <class T> static inline T rem_(T a, T b) { return b == 0 ? a : T(a % b); }
static inline f32 div_(f32 a, f32 b) { return a / b; }
static inline f64 div_(f64 a, f64 b) { return a / b; }
template <class T> static inline T bfe_(T a, u32 from, u32 count) {
    constexpr u32 width = sizeof(T) * 8;
    from &= 255; count &= 255;
    if (count == 0) return 0;
    T v = shr_<T>(a, from);
    if (count >= width || from + count > width) return v;
    v = T(std::make_unsigned_t<T>(v) << (width - count));
    return T(v >> (width - count));
}
template <class T> static inline T bfi_(T insert, T into, u32 from, u32 count) {
    constexpr u32 width = sizeof(T) * 8;
    from &= 255; count &= 255;
    if (from >= width || count == 0) return into;
    T mask = count >= width ? T(-1) : T((T(1) << count) - 1);
    mask = T(mask << from);
    return (into & ~mask) | (T(insert << from) & mask);
}
static inline u32 prmt_(u32 a, u32 b, u32 selector) {
    u64 both = (u64)b << 32 | a; u32 result = 0;
    for (int i = 0; i < 4; i++) {
        u32 s = selector >> (4 * i), byte = u32(both >> (8 * (s & 7))) & 255;
        if (s & 8) byte = byte & 128 ? 255 : 0;
        result |= byte << (8 * i);
    }
    return result;
}
static inline u32 lop3_(u32 a, u32 b, u32 c, u32 table) {
    u32 r = 0;
    for (int i = 0; i < 8; i++) if (table >> i & 1) r |= (i & 4 ? a : ~a) & (i & 2 ? b : ~b) & (i & 1 ? c : ~c);
    return r;
}
/// Float to integer: not a number gives 0, what is too large or too small the nearest.
template <class T, class U> static inline T to_integer(U x) {
    if (x != x) return 0;
    constexpr f64 high = std::is_signed_v<T> ? (f64)((u64)1 << (sizeof(T) * 8 - 1)) : 2.0 * (f64)((u64)1 << (sizeof(T) * 8 - 1));
    constexpr f64 low = std::is_signed_v<T> ? -high : 0;
    if ((f64)x >= high) return std::is_signed_v<T> ? (T)(((u64)1 << (sizeof(T) * 8 - 1)) - 1) : (T)-1;
    if ((f64)x < low) return (T)low;
    return (T)x;
}
template <class T, class F> static inline T atomic_(T* p, F f) {
    using U = std::conditional_t<sizeof(T) == 4, u32, u64>;
    U old = __atomic_load_n((U*)p, __ATOMIC_RELAXED), next;
    do next = bits<U>(f(bits<T>(old)));
    while (!__atomic_compare_exchange_n((U*)p, &old, next, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return bits<T>(old);
}
