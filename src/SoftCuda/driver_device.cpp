// Initialisation, devices, contexts, peer access, errors.
#include "driver.h"
#include "settings.h"
#include <cstdio>
#include <cstring>
#include <map>

namespace soft {

namespace {
bool initialized;
thread_local std::vector<Context*> contextStack;
std::mutex primaryLock;
std::map<int, Context*> primary;
}

Context* currentContext() { return contextStack.empty() ? nullptr : contextStack.back(); }
void setCurrentContext(Context* context) {
    if (contextStack.empty()) contextStack.push_back(context); else contextStack.back() = context;
}
bool isInitialized() { return initialized; }
void setInitialized() { initialized = true; }

static bool isDevice(int device) { return device >= 0 && device < Settings::get().devices; }

} // namespace soft

using namespace soft;

EXPORT CUresult cuInit(unsigned flags) {
    if (flags) return InvalidValue;
    static std::once_flag once;
    std::call_once(once, Runner::installHandlers);
    setInitialized();
    return Settings::get().devices > 0 ? Success : NoDevice;
}

EXPORT CUresult cuDriverGetVersion(int* version) { return version ? (*version = 11080, Success) : InvalidValue; }

EXPORT CUresult cuDeviceGetCount(int* count) { return !isInitialized() ? NotInitialized : count ? (*count = Settings::get().devices, Success) : InvalidValue; }

EXPORT CUresult cuDeviceGet(CUdevice* device, int ordinal) {
    if (!isInitialized()) return NotInitialized;
    if (!device) return InvalidValue;
    if (!isDevice(ordinal)) return InvalidDevice;
    *device = ordinal;
    return Success;
}

EXPORT CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
    if (!name || length <= 0) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    snprintf(name, (size_t)length, "Software device %d%s", device, Settings::get().checked ? " (checked)" : "");
    return Success;
}

EXPORT CUresult cuDeviceGetUuid(unsigned char* uuid, CUdevice device) {
    if (!uuid) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    memcpy(uuid, "softcuda-device", 15);
    uuid[15] = (unsigned char)('0' + device);
    return Success;
}
EXPORT CUresult cuDeviceGetUuid_v2(unsigned char* uuid, CUdevice device) { return cuDeviceGetUuid(uuid, device); }

EXPORT CUresult cuDeviceGetPCIBusId(char* id, int length, CUdevice device) {
    if (!id || length <= 0) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    snprintf(id, (size_t)length, "0000:%02x:00.0", device + 1);
    return Success;
}

EXPORT CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
    if (!bytes) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    *bytes = Settings::get().memory;
    return Success;
}

/// Attributes by number, as in the reference of CUdevice_attribute. What a processor of this host has no counterpart for is told as a small real device would.
EXPORT CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
    if (!value) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    const int architecture = Settings::get().architecture;
    switch (attribute) {
    case 1: *value = 1024; break;               // threads of a block
    case 2: case 3: *value = 1024; break;       // its x, y
    case 4: *value = 64; break;                 // z
    case 5: *value = 2147483647; break;         // blocks: x
    case 6: case 7: *value = 65535; break;      // y, z
    case 8: *value = 49152; break;              // shared memory of a block
    case 9: *value = 65536; break;              // constant memory
    case 10: *value = 32; break;                // warp
    case 12: *value = 65536; break;             // registers of a block
    case 13: *value = 1000000; break;           // clock, kHz
    case 14: *value = 512; break;               // texture alignment
    case 15: *value = 1; break;                 // copies and kernels overlap
    case 16: *value = 1; break;                 // multiprocessors
    case 17: *value = 0; break;                 // time limit
    case 18: *value = 0; break;                 // integrated
    case 19: *value = 1; break;                 // maps host memory
    case 20: *value = 0; break;                 // compute mode
    case 31: *value = 1; break;                 // concurrent kernels
    case 33: *value = device + 1; break;        // PCI bus
    case 34: *value = 0; break;                 // PCI device
    case 36: *value = 1000000; break;           // memory clock, kHz
    case 37: *value = 64; break;                // bus width, bits
    case 38: *value = 1 << 20; break;           // L2
    case 39: *value = 2048; break;              // threads of a multiprocessor
    case 40: *value = 2; break;                 // copy engines
    case 41: *value = 1; break;                 // unified addressing
    case 50: *value = 0; break;                 // PCI domain
    case 75: *value = architecture / 10; break; // compute capability
    case 76: *value = architecture % 10; break;
    case 81: *value = 98304; break;             // shared memory of a multiprocessor
    case 82: *value = 65536; break;             // registers of a multiprocessor
    case 97: *value = 49152; break;             // shared memory of a block that asks for more
    default: *value = 0; return InvalidValue;
    }
    return Success;
}

EXPORT CUresult cuCtxCreate_v2(CUcontext* context, unsigned, CUdevice device) {
    if (!isInitialized()) return NotInitialized;
    if (!context) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    contextStack.push_back(*context = new Context(device));
    return Success;
}

EXPORT CUresult cuCtxDestroy_v2(CUcontext context) {
    if (!context) return InvalidContext;
    context->synchronize();
    if (currentContext() == context) contextStack.pop_back();
    return Success; // the object stays: handles that outlive it must find it
}

EXPORT CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
    if (!isInitialized()) return NotInitialized;
    if (!context) return InvalidValue;
    if (!isDevice(device)) return InvalidDevice;
    std::lock_guard guard(primaryLock);
    Context*& one = primary[device];
    if (!one) one = new Context(device);
    one->references++;
    *context = one;
    return Success;
}

EXPORT CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    std::lock_guard guard(primaryLock);
    auto found = primary.find(device);
    if (found == primary.end()) return InvalidContext;
    if (--found->second->references > 0) return Success;
    found->second->synchronize();
    primary.erase(found); // the next one starts without the faults of this one
    return Success;
}

EXPORT CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
    std::lock_guard guard(primaryLock);
    primary.erase(device);
    return Success;
}

EXPORT CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice device, unsigned) { return isDevice(device) ? Success : InvalidDevice; }

EXPORT CUresult cuDevicePrimaryCtxGetState(CUdevice device, unsigned* flags, int* active) {
    if (!isDevice(device)) return InvalidDevice;
    std::lock_guard guard(primaryLock);
    if (flags) *flags = 0;
    if (active) *active = primary.count(device) != 0;
    return Success;
}

EXPORT CUresult cuCtxSetCurrent(CUcontext context) {
    if (!isInitialized()) return NotInitialized;
    setCurrentContext(context);
    return Success;
}

EXPORT CUresult cuCtxGetCurrent(CUcontext* context) {
    if (!isInitialized()) return NotInitialized;
    if (!context) return InvalidValue;
    *context = currentContext();
    return Success;
}

EXPORT CUresult cuCtxPushCurrent_v2(CUcontext context) {
    if (!isInitialized()) return NotInitialized;
    if (!context) return InvalidContext;
    contextStack.push_back(context);
    return Success;
}

EXPORT CUresult cuCtxPopCurrent_v2(CUcontext* context) {
    if (contextStack.empty()) return InvalidContext;
    if (context) *context = contextStack.back();
    contextStack.pop_back();
    return Success;
}

EXPORT CUresult cuCtxGetDevice(CUdevice* device) {
    if (!currentContext()) return InvalidContext;
    if (!device) return InvalidValue;
    *device = currentContext()->device;
    return Success;
}

EXPORT CUresult cuCtxSynchronize() {
    return inContext([](Context& c) -> CUresult {
        c.synchronize();
        return c.error();
    });
}

EXPORT CUresult cuDeviceCanAccessPeer(int* can, CUdevice device, CUdevice peer) {
    if (!can) return InvalidValue;
    if (!isDevice(device) || !isDevice(peer)) return InvalidDevice;
    *can = device != peer && Settings::get().peer;
    return Success;
}

EXPORT CUresult cuDeviceGetP2PAttribute(int* value, int attribute, CUdevice device, CUdevice peer) {
    if (!value) return InvalidValue;
    if (!isDevice(device) || !isDevice(peer) || device == peer) return InvalidDevice;
    *value = attribute == 1 ? 0 : Settings::get().peer; // 1: a rank of speed, 0 the best
    return Success;
}

EXPORT CUresult cuCtxEnablePeerAccess(CUcontext peer, unsigned flags) {
    return inContext([&](Context& c) -> CUresult {
        if (!peer || flags || peer->device == c.device) return InvalidValue;
        if (!Settings::get().peer) return PeerAccessUnsupported;
        const unsigned bit = 1u << peer->device;
        return c.peers.fetch_or(bit) & bit ? PeerAccessAlreadyEnabled : Success;
    });
}

EXPORT CUresult cuCtxDisablePeerAccess(CUcontext peer) {
    return inContext([&](Context& c) -> CUresult {
        if (!peer) return InvalidValue;
        const unsigned bit = 1u << peer->device;
        return c.peers.fetch_and(~bit) & bit ? Success : PeerAccessNotEnabled;
    });
}

namespace {
struct ErrorText { int code; const char* name; const char* text; };
const ErrorText Errors[] = {
    {Success, "CUDA_SUCCESS", "no error"},
    {InvalidValue, "CUDA_ERROR_INVALID_VALUE", "invalid argument"},
    {OutOfMemory, "CUDA_ERROR_OUT_OF_MEMORY", "out of memory"},
    {NotInitialized, "CUDA_ERROR_NOT_INITIALIZED", "initialization error"},
    {NoDevice, "CUDA_ERROR_NO_DEVICE", "no CUDA-capable device is detected"},
    {InvalidDevice, "CUDA_ERROR_INVALID_DEVICE", "invalid device ordinal"},
    {InvalidImage, "CUDA_ERROR_INVALID_IMAGE", "device kernel image is invalid"},
    {InvalidContext, "CUDA_ERROR_INVALID_CONTEXT", "invalid device context"},
    {MapFailed, "CUDA_ERROR_MAP_FAILED", "mapping of buffer object failed"},
    {NoBinaryForDevice, "CUDA_ERROR_NO_BINARY_FOR_GPU", "the software device runs PTX, not machine code"},
    {PeerAccessUnsupported, "CUDA_ERROR_PEER_ACCESS_UNSUPPORTED", "peer access is not supported between these two devices"},
    {InvalidPtx, "CUDA_ERROR_INVALID_PTX", "a PTX JIT compilation failed"},
    {InvalidHandle, "CUDA_ERROR_INVALID_HANDLE", "invalid resource handle"},
    {NotFound, "CUDA_ERROR_NOT_FOUND", "named symbol not found"},
    {NotReady, "CUDA_ERROR_NOT_READY", "device not ready"},
    {IllegalAddress, "CUDA_ERROR_ILLEGAL_ADDRESS", "an illegal memory access was encountered"},
    {LaunchOutOfResources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", "too many resources requested for launch"},
    {PeerAccessAlreadyEnabled, "CUDA_ERROR_PEER_ACCESS_ALREADY_ENABLED", "peer access is already enabled"},
    {PeerAccessNotEnabled, "CUDA_ERROR_PEER_ACCESS_NOT_ENABLED", "peer access has not been enabled"},
    {HostMemoryAlreadyRegistered, "CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED", "part or all of the requested memory range is already mapped"},
    {HostMemoryNotRegistered, "CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED", "pointer does not correspond to a registered memory region"},
    {MisalignedAddress, "CUDA_ERROR_MISALIGNED_ADDRESS", "misaligned address"},
    {LaunchFailed, "CUDA_ERROR_LAUNCH_FAILED", "unspecified launch failure"},
    {NotSupported, "CUDA_ERROR_NOT_SUPPORTED", "operation not supported"},
};
}

EXPORT CUresult cuGetErrorName(CUresult code, const char** name) {
    for (const ErrorText& e : Errors) if (e.code == code) return *name = e.name, Success;
    return *name = nullptr, InvalidValue;
}

/// For faults of kernels the text says which kernel, thread and line: more than a real device knows.
EXPORT CUresult cuGetErrorString(CUresult code, const char** text) {
    for (const ErrorText& e : Errors) {
        if (e.code != code) continue;
        *text = e.text;
        if (code == IllegalAddress || code == MisalignedAddress || code == LaunchFailed || code == InvalidPtx) {
            static thread_local std::string detailed;
            const std::string fault = lastFault();
            if (!fault.empty()) { detailed = std::string(e.text) + " (" + fault + ")"; *text = detailed.c_str(); }
        }
        return Success;
    }
    return *text = nullptr, InvalidValue;
}
