#include "runner.h"
#include "settings.h"
#include <atomic>
#include <cstdio>
#include <cstring>
#include <sys/mman.h>
#include <ucontext.h>

// Saves the registers that a call preserves, and goes on on another stack. (swapcontext would cost a system call each time.)
asm(R"(
.text
.globl soft_switch
.hidden soft_switch
.type soft_switch, @function
soft_switch:
    push %rbp
    push %rbx
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, (%rdi)
    mov %rsi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbx
    pop %rbp
    ret
)");
extern "C" void soft_switch(void** save, void* to);

namespace soft {

namespace {
constexpr size_t SignalStack = 64 << 10;
constexpr size_t Page = 4096;
struct sigaction oldSegv, oldBus;

void* reserve(size_t bytes) { return mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0); }
} // namespace

thread_local Runner* Runner::active = nullptr;
const Calls Runner::calls = {barrier, warp, activeMask, access, misaligned, trap};

Runner::Runner() : stacks((char*)reserve(StackBytes * MostThreads)), sharedArea((char*)reserve(MostShared + Page)), alternateStack(reserve(SignalStack)) {
    mprotect(sharedArea + MostShared, Page, PROT_NONE);
    fibers.resize(MostThreads);
}

Runner::~Runner() {
    munmap(stacks, StackBytes * MostThreads);
    munmap(sharedArea, MostShared + Page);
    munmap(alternateStack, SignalStack);
}

Fault Runner::run(const Launch& what) {
    static std::atomic<uint32_t> number{0};
    stack_t alternate{}, before{};
    alternate.ss_sp = alternateStack;
    alternate.ss_size = SignalStack;
    sigaltstack(&alternate, &before);
    launch = &what;
    launchNumber = ++number;
    threads = what.block.x * what.block.y * what.block.z;
    fault = {};
    // The end of shared memory lies against a page that nobody may touch.
    sharedBytes = what.kernel->translation.sharedBytes + what.dynamicShared;
    shared = sharedArea + MostShared - (sharedBytes + 15) / 16 * 16;
    if (Settings::get().checked) sharedCells.assign(sharedBytes / 4 + 1, Cell{});
    for (unsigned i = 0; i < threads; i++) {
        Thread& t = fibers[i].thread;
        t = {{i % what.block.x, i / what.block.x % what.block.y, i / (what.block.x * what.block.y)}, {}, what.block, what.grid, shared, &calls};
    }
    active = this;
    if (what.kernel->translation.cooperates) runTogether(); else runAlone();
    active = nullptr;
    sigaltstack(&before, nullptr);
    return fault;
}

Dim Runner::blockIndex(unsigned index) const {
    const Dim g = launch->grid;
    return {index % g.x, index / g.x % g.y, index / (g.x * g.y)};
}

void Runner::prepareBlock(unsigned index) {
    const unsigned total = launch->grid.x * launch->grid.y * launch->grid.z;
    blockNumber = Settings::get().reverse ? total - 1 - index : index;
    epoch = 0;
    if (Settings::get().checked) memset(shared, 0xFF, sharedBytes); // not a number
    const Dim at = blockIndex(blockNumber);
    for (unsigned i = 0; i < threads; i++) fibers[i].thread.ctaid = at;
}

/// Threads that never wait need no stacks of their own: one runs them all.
void Runner::runAlone() {
    start(fibers[0], aloneMain);
    soft_switch(&mainStack, fibers[0].stack);
}

void Runner::aloneMain() {
    Runner& r = *active;
    const Entry entry = r.launch->kernel->entry.load();
    const unsigned blocks = r.launch->grid.x * r.launch->grid.y * r.launch->grid.z;
    for (unsigned b = 0; b < blocks; b++) {
        r.prepareBlock(b);
        for (unsigned i = 0; i < r.threads; i++) {
            r.current = Settings::get().reverse ? r.threads - 1 - i : i;
            entry(r.fibers[r.current].thread, r.launch->parameters.data());
        }
    }
    soft_switch(&r.fibers[0].stack, r.mainStack);
}

void Runner::runTogether() {
    const unsigned blocks = launch->grid.x * launch->grid.y * launch->grid.z;
    for (unsigned b = 0; b < blocks && fault.code == 0; b++) {
        prepareBlock(b);
        runBlock();
    }
}

void Runner::fiberMain() {
    Runner& r = *active;
    Fiber& fiber = r.fibers[r.current];
    r.launch->kernel->entry.load()(fiber.thread, r.launch->parameters.data());
    fiber.state = State::Done;
    soft_switch(&fiber.stack, r.mainStack);
}

void Runner::start(Fiber& fiber, void (*entry)()) {
    void** s = (void**)(stacks + StackBytes * (size_t)(&fiber - fibers.data() + 1));
    *--s = nullptr;
    *--s = (void*)entry;
    s -= 6;
    memset(s, 0, 6 * sizeof *s);
    fiber.stack = s;
    fiber.state = State::Ready;
    fiber.warpEpoch = 0;
}

void Runner::resume(unsigned index) {
    current = index;
    soft_switch(&mainStack, fibers[index].stack);
}

void Runner::yield() { soft_switch(&fibers[current].stack, mainStack); }

/// From barrier to barrier: all warps one after another, each until all its threads wait or are done.
void Runner::runBlock() {
    const bool reverse = Settings::get().reverse;
    for (unsigned i = 0; i < threads; i++) start(fibers[i], fiberMain);
    const unsigned warps = (threads + 31) / 32;
    for (;;) {
        epoch++;
        for (unsigned w = 0; w < warps; w++) {
            const unsigned first = 32 * (reverse ? warps - 1 - w : w), count = threads - first < 32 ? threads - first : 32;
            do {
                for (unsigned l = 0; l < count; l++) {
                    const unsigned i = first + (reverse ? count - 1 - l : l);
                    if (fibers[i].state == State::Ready) resume(i);
                    if (fault.code) return;
                }
            } while (resolveWarp(first, count));
            if (fault.code) return;
            for (unsigned i = first; i < first + count; i++) {
                if (fibers[i].state != State::Warp) continue;
                current = i;
                return setFault(719, "a warp's collective is not reached by all threads of its mask", fibers[i].line);
            }
        }
        unsigned waiting = 0, at = 0;
        for (unsigned i = 0; i < threads; i++) {
            if (fibers[i].state != State::Barrier) continue;
            if (waiting++ == 0) at = i;
            if (fibers[i].line != fibers[at].line && fibers[i].line && fibers[at].line) {
                current = i;
                return setFault(719, "threads of a block wait at different barriers, one of them line " + std::to_string(fibers[at].line), fibers[i].line);
            }
        }
        if (waiting == 0) return;
        if (waiting < threads) {
            current = at;
            return setFault(719, "a barrier is reached by " + std::to_string(waiting) + " of " + std::to_string(threads) + " threads, the others are done", fibers[at].line);
        }
        for (unsigned i = 0; i < threads; i++) fibers[i].state = State::Ready;
    }
}

/// Completes the collectives whose threads are all there. False when nothing could go on.
bool Runner::resolveWarp(unsigned first, unsigned count) {
    bool any = false;
    for (unsigned l = 0; l < count; l++) {
        Fiber& f = fibers[first + l];
        if (f.state != State::Warp) continue;
        bool all = true;
        for (unsigned k = 0; k < 32; k++) {
            if (!(f.mask >> k & 1)) continue;
            if (k >= count || fibers[first + k].state == State::Done) {
                current = first + l;
                setFault(719, "a warp's collective names lane " + std::to_string(k) + ", which is done or does not exist", f.line);
                return false;
            }
            const Fiber& g = fibers[first + k];
            all &= g.state == State::Warp && g.operation == f.operation && g.line == f.line;
        }
        if (!all) continue;
        any = true;
        const uint32_t mask = f.mask;
        for (unsigned k = 0; k < 32; k++) {
            if (!(mask >> k & 1)) continue;
            Fiber& g = fibers[first + k];
            const unsigned segment = (g.clamp >> 8) & 31, bound = g.clamp & 31;
            const unsigned low = k & segment, high = low | (bound & ~segment);
            int from = (int)k;
            bool inside = true;
            uint32_t votes = 0;
            for (unsigned q = 0; q < count; q++) if (mask >> q & 1 && fibers[first + q].value) votes |= 1u << q;
            switch (g.operation) {
            case WarpOperation::ShuffleUp: from = (int)k - (int)g.argument; inside = from >= (int)high; break;
            case WarpOperation::ShuffleDown: from = (int)(k + g.argument); inside = from <= (int)high; break;
            case WarpOperation::ShuffleXor: from = (int)(k ^ g.argument); inside = from <= (int)high; break;
            case WarpOperation::ShuffleIndex: from = (int)(low | (g.argument & ~segment & 31)); inside = from <= (int)high; break;
            case WarpOperation::Sync: break;
            case WarpOperation::Ballot: g.result = votes; continue;
            case WarpOperation::Any: g.result = votes != 0; continue;
            case WarpOperation::All: g.result = votes == mask; continue;
            case WarpOperation::Uniform: g.result = votes == 0 || votes == mask; continue;
            }
            if (!inside) from = (int)k;
            g.inside = inside;
            g.result = from < (int)count ? fibers[first + (unsigned)from].value : g.value;
        }
        for (unsigned k = 0; k < 32; k++) if (mask >> k & 1) { fibers[first + k].state = State::Ready; fibers[first + k].warpEpoch++; }
    }
    return any;
}

void Runner::setFault(int code, const std::string& what, int line) {
    if (fault.code) return;
    const Dim b = blockIndex(blockNumber), t = fibers[current].thread.tid;
    char place[400];
    snprintf(place, sizeof place, " in kernel %s, block (%u,%u,%u), thread (%u,%u,%u)", launch->kernel->translation.name.c_str(), b.x, b.y, b.z, t.x, t.y, t.z);
    fault.code = code;
    fault.text = what + place + (line ? ", " + launch->kernel->file + " line " + std::to_string(line) : "");
    if (Settings::get().verbose) fprintf(stderr, "softcuda: %s\n", fault.text.c_str());
}

/// Leaves the kernel for good: its stacks are used again, nothing on them needs to be undone.
void Runner::abort(int code, const std::string& what, int line) {
    setFault(code, what, line);
    void* nowhere;
    soft_switch(&nowhere, mainStack);
    __builtin_unreachable();
}

void Runner::barrier(Thread&, int line) {
    Fiber& f = active->fibers[active->current];
    f.state = State::Barrier;
    f.line = line;
    active->yield();
}

uint32_t Runner::warp(Thread&, WarpOperation operation, uint32_t mask, uint32_t value, uint32_t argument, uint32_t clamp, bool* inside, int line) {
    Fiber& f = active->fibers[active->current];
    if (!(mask >> (active->current & 31) & 1)) active->abort(719, "a warp's collective is called by a thread that its mask does not name", line);
    f.state = State::Warp;
    f.operation = operation;
    f.mask = mask;
    f.value = value;
    f.argument = argument;
    f.clamp = clamp;
    f.line = line;
    active->yield();
    if (inside) *inside = f.inside;
    return f.result;
}

uint32_t Runner::activeMask(Thread&) {
    const unsigned first = active->current & ~31u;
    uint32_t mask = 0;
    for (unsigned l = 0; l < 32 && first + l < active->threads; l++) if (active->fibers[first + l].state != State::Done) mask |= 1u << l;
    return mask;
}

void Runner::misaligned(Thread&, const void* p, unsigned bytes, int line) {
    char text[100];
    snprintf(text, sizeof text, "misaligned access of %u bytes at %p", bytes, p);
    active->abort(716, text, line);
}

void Runner::trap(Thread&, int line) { active->abort(719, "trap", line); }

void Runner::access(Thread&, const void* p, unsigned bytes, bool write, bool atomic, int line) { active->checkAccess(p, bytes, write, atomic, line); }

/// Where the signal's handler sends a thread that touched what is not there.
void Runner::abortTrampoline() {
    void* nowhere;
    soft_switch(&nowhere, active->mainStack);
}

void Runner::onSignal(int number, siginfo_t* info, void* context) {
    Runner* r = active;
    if (r && r->launch) {
        char text[100];
        snprintf(text, sizeof text, "access to memory that is not allocated, at %p", info->si_addr);
        r->setFault(700, text, 0);
        ucontext_t* u = (ucontext_t*)context;
        u->uc_mcontext.gregs[REG_RSP] = (u->uc_mcontext.gregs[REG_RSP] & ~15ll) - 8;
        u->uc_mcontext.gregs[REG_RIP] = (greg_t)(void*)abortTrampoline;
        return;
    }
    // Somebody else's: a runtime such as .NET raises these signals for its own null references.
    struct sigaction& old = number == SIGSEGV ? oldSegv : oldBus;
    if (old.sa_flags & SA_SIGINFO) old.sa_sigaction(number, info, context);
    else if (old.sa_handler != SIG_IGN && old.sa_handler != SIG_DFL) old.sa_handler(number);
    else { signal(number, SIG_DFL); raise(number); }
}

void Runner::installHandlers() {
    struct sigaction mine{};
    mine.sa_sigaction = onSignal;
    mine.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    sigaction(SIGSEGV, &mine, &oldSegv);
    sigaction(SIGBUS, &mine, &oldBus);
}

} // namespace soft
