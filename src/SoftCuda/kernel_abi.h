// What a translated kernel and the device that runs it know of each other. Generated C++ includes this file (it is installed beside the library);
// everything goes through the table of calls, so that a kernel's library needs no symbol of ours.
#pragma once
#include <cmath>
#include <cstdint>
#include <cstring>

namespace soft {

struct Dim {
    unsigned x, y, z;
};

struct Thread;

/// A collective of a warp, as PTX names them.
enum class WarpOperation { ShuffleIndex, ShuffleUp, ShuffleDown, ShuffleXor, Sync, Ballot, Any, All, Uniform };

enum class Space { Generic, Shared };

/// What kernels ask of the device. The last argument is the line of the .cu file, 0 when unknown.
struct Calls {
    void (*barrier)(Thread&, int line);
    uint32_t (*warp)(Thread&, WarpOperation, uint32_t mask, uint32_t value, uint32_t argument, uint32_t clamp, bool* inRange, int line);
    uint32_t (*activeMask)(Thread&);
    void (*access)(Thread&, const void*, unsigned bytes, bool write, bool atomic, int line); // checked mode: returns only if it is allowed
    void (*misaligned)(Thread&, const void*, unsigned bytes, int line);
    void (*trap)(Thread&, int line);
};

/// One CUDA thread.
struct Thread {
    Dim tid, ctaid, ntid, nctaid;
    char* shared;
    const Calls* calls;
    unsigned lane() const { return (tid.x + ntid.x * (tid.y + ntid.y * tid.z)) & 31; }
    unsigned warp() const { return (tid.x + ntid.x * (tid.y + ntid.y * tid.z)) >> 5; }
};

/// The entry of a translated kernel: parameters lie as PTX lays them out.
using Entry = void (*)(Thread&, const char* parameters);

} // namespace soft
