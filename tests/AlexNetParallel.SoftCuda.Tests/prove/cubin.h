// What a CUBIN says of its kernels, and the machine code's main loop. Encodings: sm_5x (8 bytes an instruction, every fourth word control), sm_7x and sm_8x,
// sm_9x (16 bytes); found by comparing cuobjdump's listing with the bytes.
#pragma once
#include <string>
#include <vector>

namespace prove {

/// The loop with most FFMA.
struct Loop {
    int instructions = 0, fma = 0, sharedLoads = 0, sharedLoads128 = 0, globalLoads = 0, globalLoads128 = 0, sharedStores = 0;
    double share() const { return instructions ? (double)fma / instructions : 0; }
};

struct KernelCode {
    std::string name;
    int registers = 0;
    int shared = 0;    // bytes, static
    int stack = 0;     // bytes of local memory: spills and local arrays
    int localAccesses = 0;
    Loop loop;
};

std::vector<KernelCode> readCubin(const std::string& image, int architecture);

} // namespace prove
