// Memory: allocation, copies, filling, handles for other processes.
#include "driver.h"
#include "settings.h"
#include <cstring>

using namespace soft;

namespace {

/// A range of memory of this context's device, of the host's pinned memory, or of a device in reach.
bool reaches(Context& c, uintptr_t p, size_t bytes) {
    Allocation* a = memory::find(p, bytes);
    return a && (a->device == Allocation::Host || c.reachable() >> a->device & 1);
}

/// Copies between devices work without peer access, as the driver stages them.
bool isDevice(uintptr_t p, size_t bytes) { return memory::find(p, bytes) != nullptr; }

Fault lost(const char* what) { return {IllegalAddress, std::string(what) + ": the memory was released before the work was done"}; }

/// Enqueues a copy. Both ranges are looked up again when it is done: a release in between is a fault.
CUresult copy(Context& c, CUstream stream, uintptr_t to, uintptr_t from, size_t bytes, bool toDevice, bool fromDevice) {
    if (!c.owns(streamOf(stream))) return InvalidHandle;
    if (bytes == 0) return Success;
    if ((toDevice && !isDevice(to, bytes)) || (fromDevice && !isDevice(from, bytes))) return InvalidValue;
    const bool pageableSource = !fromDevice && !memory::isPinned(from, bytes), pageableTarget = !toDevice && !memory::isPinned(to, bytes);
    std::vector<char> staged;
    if (pageableSource) staged.assign((const char*)from, (const char*)from + bytes); // the caller may use it again at once
    c.enqueue(streamOf(stream), [&c, to, from, bytes, toDevice, fromDevice, pageableSource, staged = std::move(staged)](Runner&) {
        if ((toDevice && !isDevice(to, bytes)) || (fromDevice && !isDevice(from, bytes))) return c.fail(lost("copy"));
        memmove((void*)to, pageableSource ? staged.data() : (const void*)from, bytes);
    });
    if (pageableTarget) c.synchronize(streamOf(stream));
    return Success;
}

template <class T> CUresult fill(Context& c, CUstream stream, CUdeviceptr p, T value, size_t count) {
    if (!c.owns(streamOf(stream))) return InvalidHandle;
    if (count == 0) return Success;
    if (!reaches(c, p, count * sizeof(T)) || p % sizeof(T)) return InvalidValue;
    c.enqueue(streamOf(stream), [&c, p, value, count](Runner&) {
        if (!isDevice(p, count * sizeof(T))) return c.fail(lost("fill"));
        for (size_t i = 0; i < count; i++) ((T*)p)[i] = value;
    });
    return Success;
}

} // namespace

EXPORT CUresult cuMemAlloc_v2(CUdeviceptr* p, size_t bytes) {
    return inContext([&](Context& c) -> CUresult {
        if (!p || bytes == 0) return InvalidValue;
        Allocation* a = memory::allocate(bytes, c.device);
        if (!a) return OutOfMemory;
        *p = a->address;
        return Success;
    });
}

EXPORT CUresult cuMemFree_v2(CUdeviceptr p) {
    return inContext([&](Context& c) -> CUresult {
        if (p == 0) return Success;
        Allocation* a = memory::find(p, 1);
        if (!a || a->address != p || a->imported || a->device == Allocation::Host) return InvalidValue;
        c.synchronize();
        return memory::release(p) ? Success : InvalidValue;
    });
}

EXPORT CUresult cuMemAllocHost_v2(void** p, size_t bytes) {
    return inContext([&](Context&) -> CUresult {
        if (!p || bytes == 0) return InvalidValue;
        Allocation* a = memory::allocate(bytes, Allocation::Host);
        if (!a) return OutOfMemory;
        *p = (void*)a->address;
        return Success;
    });
}
EXPORT CUresult cuMemHostAlloc(void** p, size_t bytes, unsigned) { return cuMemAllocHost_v2(p, bytes); }

EXPORT CUresult cuMemFreeHost(void* p) {
    return inContext([&](Context& c) -> CUresult {
        Allocation* a = memory::find((uintptr_t)p, 1);
        if (!a || a->address != (uintptr_t)p || a->device != Allocation::Host) return InvalidValue;
        c.synchronize();
        return memory::release((uintptr_t)p) ? Success : InvalidValue;
    });
}

EXPORT CUresult cuMemHostRegister_v2(void* p, size_t bytes, unsigned) {
    return inContext([&](Context&) -> CUresult {
        if (!p || bytes == 0) return InvalidValue;
        if (memory::isPinned((uintptr_t)p, 1)) return HostMemoryAlreadyRegistered;
        memory::registerHost((uintptr_t)p, bytes);
        return Success;
    });
}

EXPORT CUresult cuMemHostUnregister(void* p) {
    return inContext([&](Context& c) -> CUresult {
        c.synchronize();
        return memory::unregisterHost((uintptr_t)p) ? Success : HostMemoryNotRegistered;
    });
}

EXPORT CUresult cuMemHostGetDevicePointer_v2(CUdeviceptr* device, void* p, unsigned) {
    if (!device) return InvalidValue;
    if (!memory::isPinned((uintptr_t)p, 1)) return InvalidValue;
    *device = (uintptr_t)p;
    return Success;
}

EXPORT CUresult cuMemGetInfo_v2(size_t* free, size_t* total) {
    return inContext([&](Context& c) -> CUresult {
        if (!free || !total) return InvalidValue;
        *total = Settings::get().memory;
        *free = *total - memory::used(c.device);
        return Success;
    });
}

EXPORT CUresult cuMemGetAddressRange_v2(CUdeviceptr* base, size_t* bytes, CUdeviceptr p) {
    Allocation* a = memory::find(p, 1);
    if (!a) return NotFound;
    if (base) *base = a->address;
    if (bytes) *bytes = a->size;
    return Success;
}

EXPORT CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream stream) {
    return inContext([&](Context& c) { return copy(c, stream, to, (uintptr_t)from, bytes, true, false); });
}
EXPORT CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return inContext([&](Context& c) { return copy(c, stream, (uintptr_t)to, from, bytes, false, true); });
}
EXPORT CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return inContext([&](Context& c) -> CUresult { return reaches(c, to, bytes) && reaches(c, from, bytes) ? copy(c, stream, to, from, bytes, true, true) : InvalidValue; });
}
EXPORT CUresult cuMemcpyAsync(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream) {
    return inContext([&](Context& c) { return copy(c, stream, to, from, bytes, memory::inArena(to), memory::inArena(from)); });
}
EXPORT CUresult cuMemcpyPeerAsync(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, size_t bytes, CUstream stream) {
    return inContext([&](Context& c) -> CUresult {
        if (!toContext || !fromContext) return InvalidContext;
        return copy(c, stream, to, from, bytes, true, true);
    });
}
EXPORT CUresult cuMemsetD8Async(CUdeviceptr p, unsigned char value, size_t count, CUstream stream) {
    return inContext([&](Context& c) { return fill(c, stream, p, value, count); });
}
EXPORT CUresult cuMemsetD32Async(CUdeviceptr p, unsigned value, size_t count, CUstream stream) {
    return inContext([&](Context& c) { return fill(c, stream, p, value, count); });
}

// The same, done when they return.
EXPORT CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
    return inContextAndWait(nullptr, [&](Context& c) { return copy(c, nullptr, to, (uintptr_t)from, bytes, true, false); });
}
EXPORT CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
    return inContextAndWait(nullptr, [&](Context& c) { return copy(c, nullptr, (uintptr_t)to, from, bytes, false, true); });
}
EXPORT CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return inContextAndWait(nullptr, [&](Context& c) -> CUresult { return reaches(c, to, bytes) && reaches(c, from, bytes) ? copy(c, nullptr, to, from, bytes, true, true) : InvalidValue; });
}
EXPORT CUresult cuMemcpy(CUdeviceptr to, CUdeviceptr from, size_t bytes) {
    return inContextAndWait(nullptr, [&](Context& c) { return copy(c, nullptr, to, from, bytes, memory::inArena(to), memory::inArena(from)); });
}
EXPORT CUresult cuMemcpyPeer(CUdeviceptr to, CUcontext toContext, CUdeviceptr from, CUcontext fromContext, size_t bytes) {
    return inContextAndWait(nullptr, [&](Context& c) -> CUresult { return !toContext || !fromContext ? InvalidContext : copy(c, nullptr, to, from, bytes, true, true); });
}
EXPORT CUresult cuMemsetD8_v2(CUdeviceptr p, unsigned char value, size_t count) {
    return inContextAndWait(nullptr, [&](Context& c) { return fill(c, nullptr, p, value, count); });
}
EXPORT CUresult cuMemsetD32_v2(CUdeviceptr p, unsigned value, size_t count) {
    return inContextAndWait(nullptr, [&](Context& c) { return fill(c, nullptr, p, value, count); });
}

EXPORT CUresult cuIpcGetMemHandle(IpcHandle* handle, CUdeviceptr p) {
    return inContext([&](Context&) -> CUresult {
        if (!handle) return InvalidValue;
        return memory::exportHandle(p, *handle) == IpcResult::Done ? Success : InvalidValue;
    });
}

EXPORT CUresult cuIpcOpenMemHandle_v2(CUdeviceptr* p, IpcHandle handle, unsigned) {
    return inContext([&](Context& c) -> CUresult {
        if (!p) return InvalidValue;
        if (handle.device != c.device && !Settings::get().peer) return PeerAccessUnsupported;
        uintptr_t address = 0;
        switch (memory::importHandle(handle, address)) {
        case IpcResult::Done: break;
        case IpcResult::Own: return InvalidContext; // as the driver: a process cannot open its own
        case IpcResult::NoSpace: return MapFailed;
        default: return InvalidHandle;
        }
        c.peers.fetch_or(1u << handle.device);
        *p = address;
        return Success;
    });
}

EXPORT CUresult cuIpcCloseMemHandle(CUdeviceptr p) {
    return inContext([&](Context& c) -> CUresult {
        Allocation* a = memory::find(p, 1);
        if (!a || !a->imported || a->address != p) return InvalidValue;
        c.synchronize();
        return memory::release(p) ? Success : InvalidValue;
    });
}
