// Runs a translated kernel: a fiber for each thread of a block, blocks one after another.
#pragma once
#include "kernel_abi.h"
#include "memory.h"
#include "translator.h"
#include <atomic>
#include <csignal>
#include <memory>
#include <string>
#include <vector>

namespace soft {

/// A kernel ready to run.
struct CompiledKernel {
    TranslatedKernel translation;
    std::string file; // the .cu
    std::atomic<Entry> entry{nullptr};
};

struct Launch {
    const CompiledKernel* kernel;
    Dim grid, block;
    unsigned dynamicShared;
    std::vector<char> parameters;
    int device;
    unsigned reachable; // bit set of devices whose memory it may touch
};

/// What went wrong inside a kernel. The codes are the driver's.
struct Fault {
    int code = 0; // 0: nothing
    std::string text;
};

/// Belongs to one stream's thread.
class Runner {
public:
    Runner();
    ~Runner();
    Fault run(const Launch& launch);

    /// Catches faults of kernels; others go on to whoever handled them before.
    static void installHandlers();

private:
    enum class State : uint8_t { Ready, Barrier, Warp, Done };
    struct Fiber {
        void* stack;
        State state;
        uint8_t warpEpoch;
        WarpOperation operation;
        uint32_t mask, value, argument, clamp, result;
        bool inside;
        int line;
        Thread thread;
    };

    static constexpr size_t StackBytes = 128 << 10;
    static constexpr unsigned MostThreads = 1024, MostShared = 256 << 10;
    char* stacks;
    char* sharedArea;
    char* shared = nullptr;
    unsigned sharedBytes = 0;
    std::vector<Fiber> fibers;
    std::vector<Cell> sharedCells;
    void* mainStack = nullptr;
    unsigned current = 0, threads = 0;
    uint32_t launchNumber = 0, blockNumber = 0, epoch = 0;
    const Launch* launch = nullptr;
    Fault fault;
    void* alternateStack;

    static thread_local Runner* active;
    static const Calls calls;

    void runAlone();
    void runTogether();
    void runBlock();
    void prepareBlock(unsigned index);
    void start(Fiber& fiber, void (*entry)());
    void resume(unsigned index);
    void yield();
    bool resolveWarp(unsigned first, unsigned count);
    [[noreturn]] void abort(int code, const std::string& what, int line);
    void setFault(int code, const std::string& what, int line);
    Dim blockIndex(unsigned index) const;

    void checkAccess(const void* p, unsigned bytes, bool write, bool atomic, int line);
    void checkRace(Cell& cell, bool write, bool atomic, bool isShared, int line);
    bool checkShared(uintptr_t offset, unsigned bytes) const;

    static void fiberMain();
    static void aloneMain();
    static void abortTrampoline();
    static void onSignal(int signal, siginfo_t* info, void* context);
    static void barrier(Thread&, int line);
    static uint32_t warp(Thread&, WarpOperation, uint32_t mask, uint32_t value, uint32_t argument, uint32_t clamp, bool* inside, int line);
    static uint32_t activeMask(Thread&);
    static void access(Thread&, const void*, unsigned bytes, bool write, bool atomic, int line);
    static void misaligned(Thread&, const void*, unsigned bytes, int line);
    static void trap(Thread&, int line);
};

} // namespace soft
