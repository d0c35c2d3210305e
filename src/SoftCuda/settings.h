// Everything that the environment decides, read once.
#pragma once
#include <cstdint>
#include <string>

namespace soft {

struct Settings {
    int devices;               // SOFTCUDA_DEVICES, default 2
    int architecture;          // SOFTCUDA_ARCH, e.g. 70: the compute capability that is told
    uint64_t memory;           // SOFTCUDA_MEMORY, bytes of each device (suffix K, M, G), default 8G
    bool checked;              // SOFTCUDA_CHECK=1
    bool reverse;              // SOFTCUDA_ORDER=reverse: blocks, warps and threads run backwards
    bool peer;                 // SOFTCUDA_PEER=0: devices cannot reach each other's memory
    unsigned delay;            // SOFTCUDA_DELAY: most microseconds that work in a stream waits at random
    unsigned seed;             // SOFTCUDA_SEED
    bool verbose;              // SOFTCUDA_VERBOSE=1: compilations and faults on standard error
    std::string cache;         // SOFTCUDA_CACHE, default ~/.cache/alexnet-softcuda
    std::string compiler;      // SOFTCUDA_CXX, default g++
    std::string here;          // the folder of this library: kernel_runtime.h lies beside it

    static const Settings& get();
};

} // namespace soft
