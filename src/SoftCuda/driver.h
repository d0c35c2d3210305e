// The part of the driver API's types that is offered, under the names of NVIDIA's documentation. Values are those of the CUDA Driver API reference.
#pragma once
#include "library.h"
#include "stream.h"
#include <cstddef>
#include <cstdint>
#include <type_traits>

#define EXPORT extern "C" __attribute__((visibility("default")))

using CUresult = int;
using CUdevice = int;
using CUdeviceptr = unsigned long long;
using CUcontext = soft::Context*;
using CUmodule = soft::LoadedModule*;
using CUfunction = soft::CompiledKernel*;
using CUstream = soft::Stream*;
using CUevent = soft::Event*;

namespace soft {

enum Result : CUresult {
    Success = 0, InvalidValue = 1, OutOfMemory = 2, NotInitialized = 3, NoDevice = 100, InvalidDevice = 101, InvalidImage = 200, InvalidContext = 201,
    MapFailed = 205, NoBinaryForDevice = 209, PeerAccessUnsupported = 217, InvalidPtx = 218, FileNotFound = 301, InvalidHandle = 400, NotFound = 500, NotReady = 600,
    IllegalAddress = 700, LaunchOutOfResources = 701, PeerAccessAlreadyEnabled = 704, PeerAccessNotEnabled = 705, HostMemoryAlreadyRegistered = 712,
    HostMemoryNotRegistered = 713, MisalignedAddress = 716, LaunchFailed = 719, NotSupported = 801
};

/// The calling thread's context, or null.
Context* currentContext();
void setCurrentContext(Context* context);
bool isInitialized();
void setInitialized();

/// Runs a call in the calling thread's context. Errors: no cuInit, no context, or the context's earlier fault.
template <class F> CUresult inContext(F body) {
    if (!isInitialized()) return NotInitialized;
    Context* context = currentContext();
    if (!context) return InvalidContext;
    if (int fault = context->error()) return fault;
    return body(*context);
}

/// The same, and waits for the call's work: what was asked may show its fault.
template <class F> CUresult inContextAndWait(CUstream stream, F body) {
    return inContext([&](Context& context) {
        CUresult result = body(context);
        if (result) return result;
        context.synchronize(stream);
        return (CUresult)context.error();
    });
}

/// Handles 1 and 2 are names for the default stream.
inline CUstream streamOf(CUstream stream) { return (uintptr_t)stream <= 2 ? nullptr : stream; }

} // namespace soft
