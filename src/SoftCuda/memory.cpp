#include "memory.h"
#include "settings.h"
#include <atomic>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FALLOC_FL_PUNCH_HOLE
#include <linux/falloc.h>
#endif

namespace soft::memory {

namespace {

constexpr size_t Page = 4096, ArenaBytes = 1ull << 40;
constexpr uint64_t Magic = 0x534f465443554441; // "SOFTCUDA"

struct Arena {
    uintptr_t base = 0;
    int file = -1;
    size_t top = Page;
    std::shared_mutex lock;
    std::map<uintptr_t, std::unique_ptr<Allocation>> allocations;
    std::map<uintptr_t, size_t> registered;
    std::map<int, uint64_t> used;
    std::atomic<unsigned> generation{1};

    Arena() {
        void* p = mmap(nullptr, ArenaBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) return;
        base = (uintptr_t)p;
        file = memfd_create("softcuda", MFD_CLOEXEC);
        if (file >= 0 && ftruncate(file, ArenaBytes) != 0) file = -1;
    }
};

Arena& arena() {
    static Arena* one = new Arena; // never destroyed: streams may still run while the process ends
    return *one;
}

size_t toPages(size_t bytes) { return (bytes + Page - 1) / Page * Page; }

/// Start of a process, to tell it from a later one with the same number.
uint64_t startOf(int pid) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE* f = fopen(path, "r");
    if (!f) return 0;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = 0;
    const char* p = strrchr(text, ')');
    for (int field = 2; p && field < 22; field++) p = strchr(p + 1, ' ');
    return p ? strtoull(p, nullptr, 10) : 0;
}

Allocation* add(Arena& a, uintptr_t address, size_t size, int device, uintptr_t pages, size_t pageBytes, bool imported) {
    auto made = std::make_unique<Allocation>();
    *made = {address, size, device, pages, pageBytes, imported, nullptr};
    Allocation* result = made.get();
    a.allocations[address] = std::move(made);
    a.generation++;
    return result;
}

} // namespace

Allocation* allocate(size_t bytes, int device) {
    Arena& a = arena();
    std::unique_lock guard(a.lock);
    const size_t pages = toPages(bytes);
    if (a.base == 0 || a.file < 0 || a.top + pages + Page > ArenaBytes) return nullptr;
    if (device != Allocation::Host && a.used[device] + pages > Settings::get().memory) return nullptr;
    const uintptr_t at = a.base + a.top;
    if (mmap((void*)at, pages, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, a.file, (off_t)a.top) == MAP_FAILED) return nullptr;
    a.top += pages + Page;
    a.used[device] += pages;
    // The end lies against the page that nobody may touch, as near as the alignment of 256 allows.
    const uintptr_t address = at + ((pages - bytes) & ~(size_t)255);
    if (Settings::get().checked) memset((void*)at, 0xCD, pages);
    return add(a, address, bytes, device, at, pages, false);
}

bool release(uintptr_t address) {
    Arena& a = arena();
    std::unique_lock guard(a.lock);
    auto found = a.allocations.find(address);
    if (found == a.allocations.end()) return false;
    const Allocation& it = *found->second;
    // The addresses are never used again, so that a use after the release is a fault.
    mmap((void*)it.pages, it.pageBytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1, 0);
    if (!it.imported) {
        fallocate(a.file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, (off_t)(it.pages - a.base), (off_t)it.pageBytes);
        a.used[it.device] -= it.pageBytes;
    }
    a.allocations.erase(found);
    a.generation++;
    return true;
}

Allocation* find(uintptr_t address, size_t bytes) {
    struct Last { Allocation* allocation; unsigned generation; };
    static thread_local Last last{nullptr, 0};
    Arena& a = arena();
    const unsigned generation = a.generation.load(std::memory_order_acquire);
    if (last.generation == generation && last.allocation && last.allocation->contains(address, bytes)) return last.allocation;
    std::shared_lock guard(a.lock);
    auto next = a.allocations.upper_bound(address);
    if (next == a.allocations.begin()) return nullptr;
    Allocation* it = std::prev(next)->second.get();
    if (!it->contains(address, bytes)) return nullptr;
    last = {it, generation};
    return it;
}

bool inArena(uintptr_t address) { return address - arena().base < ArenaBytes; }

void registerHost(uintptr_t address, size_t bytes) {
    std::unique_lock guard(arena().lock);
    arena().registered[address] = bytes;
}

bool unregisterHost(uintptr_t address) {
    std::unique_lock guard(arena().lock);
    return arena().registered.erase(address) != 0;
}

bool isPinned(uintptr_t address, size_t bytes) {
    if (inArena(address)) {
        Allocation* it = find(address, bytes);
        return it && it->device == Allocation::Host;
    }
    std::shared_lock guard(arena().lock);
    auto next = arena().registered.upper_bound(address);
    if (next == arena().registered.begin()) return false;
    --next;
    return address + bytes <= next->first + next->second;
}

uint64_t used(int device) {
    std::shared_lock guard(arena().lock);
    auto found = arena().used.find(device);
    return found == arena().used.end() ? 0 : found->second;
}

Cell* cells(Allocation& allocation) {
    if (allocation.cells) return allocation.cells.get();
    std::unique_lock guard(arena().lock);
    if (!allocation.cells) allocation.cells = std::make_unique<Cell[]>(allocation.size / 4 + 1);
    return allocation.cells.get();
}

IpcResult exportHandle(uintptr_t address, IpcHandle& handle) {
    Arena& a = arena();
    std::shared_lock guard(a.lock);
    auto found = a.allocations.find(address);
    if (found == a.allocations.end() || found->second->imported || found->second->device == Allocation::Host) return IpcResult::NotABase;
    const Allocation& it = *found->second;
    const int pid = getpid();
    handle = {Magic, startOf(pid), it.pages - a.base, it.pageBytes, it.address - it.pages, it.size, pid, a.file, it.device, 0};
    return IpcResult::Done;
}

IpcResult importHandle(const IpcHandle& handle, uintptr_t& address) {
    if (handle.magic != Magic) return IpcResult::Gone;
    if (handle.pid == getpid()) return IpcResult::Own;
    if (startOf(handle.pid) != handle.processStart) return IpcResult::Gone;
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/fd/%d", handle.pid, handle.file);
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return IpcResult::Gone;
    Arena& a = arena();
    std::unique_lock guard(a.lock);
    IpcResult result = IpcResult::NoSpace;
    if (a.base != 0 && a.top + handle.pageBytes + Page <= ArenaBytes) {
        const uintptr_t at = a.base + a.top;
        if (mmap((void*)at, handle.pageBytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, (off_t)handle.offset) != MAP_FAILED) {
            a.top += handle.pageBytes + Page;
            address = at + handle.shift;
            add(a, address, handle.size, handle.device, at, handle.pageBytes, true);
            result = IpcResult::Done;
        }
    }
    close(file);
    return result;
}

} // namespace soft::memory
