// Device memory: one reserved range of addresses, each allocation behind a page that nobody may touch, backed by a file that other processes can map.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace soft {

/// Who last touched four bytes, for the search for races.
struct Mark {
    uint32_t launch = 0, block = 0, epoch = 0;
    uint16_t thread = 0;
    uint8_t warpEpoch = 0, flags = 0;
};

struct Cell {
    Mark write, read;
};

struct Allocation {
    static constexpr int Host = -1;
    uintptr_t address;
    size_t size;
    int device;              // or Host: pinned memory
    uintptr_t pages;         // what is mapped
    size_t pageBytes;
    bool imported;           // another process's
    std::unique_ptr<Cell[]> cells; // made at the first checked access
    bool contains(uintptr_t p, size_t bytes) const { return p >= address && bytes <= size && p - address <= size - bytes; }
};

/// What travels between processes instead of a pointer: 64 bytes, as CUipcMemHandle.
struct IpcHandle {
    uint64_t magic, processStart, offset, pageBytes, shift, size;
    int32_t pid, file;
    int32_t device, reserved;
};
static_assert(sizeof(IpcHandle) == 64);

enum class IpcResult { Done, NotABase, Own, Gone, NoSpace };

namespace memory {

/// Null when there is no room. Zero bytes are an error of the caller.
Allocation* allocate(size_t bytes, int device);
/// False when the address is not the start of an allocation.
bool release(uintptr_t address);
/// The allocation that holds all the bytes, or null. Cheap when the same one is asked for again.
Allocation* find(uintptr_t address, size_t bytes);
/// True where the address lies in the range for allocations, in use or not.
bool inArena(uintptr_t address);
/// Pinned by cuMemHostRegister.
void registerHost(uintptr_t address, size_t bytes);
bool unregisterHost(uintptr_t address);
/// True where all bytes are pinned host memory.
bool isPinned(uintptr_t address, size_t bytes);
uint64_t used(int device);
Cell* cells(Allocation& allocation);

IpcResult exportHandle(uintptr_t address, IpcHandle& handle);
IpcResult importHandle(const IpcHandle& handle, uintptr_t& address);

} // namespace memory
} // namespace soft
