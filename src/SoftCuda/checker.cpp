// Checked mode: each access is held against the allocations to the byte, its alignment, and who touched the same bytes without a barrier between.
#include "runner.h"
#include "settings.h"
#include <cstdio>

namespace soft {

namespace {
constexpr uint8_t ManyThreads = 1, ManyBlocks = 2, Atomic = 4;
}

bool Runner::checkShared(uintptr_t offset, unsigned bytes) const {
    const TranslatedKernel& k = launch->kernel->translation;
    if (offset >= k.sharedBytes) return offset + bytes <= sharedBytes;
    for (const SharedRange& range : k.shared)
        if (offset >= range.offset && offset + bytes <= range.offset + range.size) return true;
    return false;
}

void Runner::checkAccess(const void* p, unsigned bytes, bool write, bool atomic, int line) {
    const uintptr_t at = (uintptr_t)p;
    char text[200];
    if (at & (bytes - 1)) {
        snprintf(text, sizeof text, "misaligned %s of %u bytes at %p", write ? "write" : "read", bytes, p);
        abort(716, text, line);
    }
    const uintptr_t offset = at - (uintptr_t)shared;
    if (at >= (uintptr_t)sharedArea && at < (uintptr_t)sharedArea + MostShared + 4096) {
        if (at < (uintptr_t)shared || !checkShared(offset, bytes)) {
            snprintf(text, sizeof text, "%s of %u bytes outside the shared variables, at offset %ld", write ? "write" : "read", bytes, (long)offset);
            abort(700, text, line);
        }
        for (unsigned i = 0; i < (bytes + 3) / 4; i++) checkRace(sharedCells[offset / 4 + i], write, atomic, true, line);
        return;
    }
    if (at >= (uintptr_t)stacks && at < (uintptr_t)stacks + StackBytes * MostThreads) return; // local variables
    Allocation* allocation = memory::inArena(at) ? memory::find(at, bytes) : nullptr;
    if (!allocation) {
        if (!memory::inArena(at) && memory::isPinned(at, bytes)) return;
        snprintf(text, sizeof text, "%s of %u bytes outside every allocation, at %p", write ? "write" : "read", bytes, p);
        abort(700, text, line);
    }
    if (allocation->device != Allocation::Host && !(launch->reachable >> allocation->device & 1)) {
        snprintf(text, sizeof text, "%s of memory of device %d by device %d without peer access, at %p", write ? "write" : "read", allocation->device, launch->device, p);
        abort(700, text, line);
    }
    Cell* cells = memory::cells(*allocation) + (at - allocation->address) / 4;
    for (unsigned i = 0; i < (bytes + 3) / 4; i++) checkRace(cells[i], write, atomic, false, line);
}

void Runner::checkRace(Cell& cell, bool write, bool atomic, bool isShared, int line) {
    Fiber& f = fibers[current];
    const Mark me{launchNumber, blockNumber, epoch, (uint16_t)current, f.warpEpoch, (uint8_t)(atomic ? Atomic : 0)};
    auto together = [&](const Mark& m) {
        if (m.launch != me.launch) return false;
        if (m.block != me.block) return !isShared;
        if (m.epoch != me.epoch) return false;
        return m.thread != me.thread && (m.thread / 32 != me.thread / 32 || m.warpEpoch == me.warpEpoch);
    };
    auto report = [&](const char* first, const Mark& m) {
        char text[200];
        snprintf(text, sizeof text, "race: a %s by thread %u%s and a %s by thread %u without a barrier between", first, m.thread,
            m.block != me.block ? " of another block" : "", write ? "write" : "read", me.thread);
        abort(719, text, line);
    };
    if (together(cell.write) && !(atomic && cell.write.flags & Atomic)) report("write", cell.write);
    Mark& read = cell.read;
    const bool sameLaunch = read.launch == me.launch && (!isShared || read.block == me.block);
    if (write) {
        if (sameLaunch && !atomic) {
            if (read.flags & ManyBlocks || together(read)) report("read", read);
            if (read.block == me.block && read.epoch == me.epoch && read.flags & ManyThreads) report("read", read);
        }
        cell.write = me;
        return;
    }
    uint8_t flags = 0;
    if (sameLaunch) {
        flags = read.flags & ManyBlocks;
        if (read.block != me.block) flags |= ManyBlocks;
        else if (read.epoch == me.epoch) flags |= (read.flags & ManyThreads) | (read.thread != me.thread ? ManyThreads : 0);
    }
    read = me;
    read.flags = flags;
}

} // namespace soft
