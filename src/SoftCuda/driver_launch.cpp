// Modules, functions, streams, events, launches.
#include "driver.h"
#include "settings.h"
#include <cstdio>
#include <cstring>

using namespace soft;

namespace {

/// Options of cuModuleLoadDataEx that are heeded: buffers for the error log.
struct Log {
    char* buffer = nullptr;
    size_t size = 0;
    void write(const std::string& text) const {
        if (buffer && size) snprintf(buffer, size, "%s", text.c_str());
    }
};

CUresult load(CUmodule* module, const void* image, const Log& log) {
    if (!module || !image) return InvalidValue;
    if (memcmp(image, "\177ELF", 4) == 0 || memcmp(image, "\x50\xed\x55\xba", 4) == 0) {
        log.write("the software device runs PTX, not machine code: compile for compute_NN");
        return NoBinaryForDevice;
    }
    try {
        *module = loadModule((const char*)image).release();
        return Success;
    } catch (const PtxError& e) {
        log.write(e.what());
        if (Context* c = currentContext(); c && Settings::get().verbose) fprintf(stderr, "softcuda: %s\n", e.what());
        return InvalidPtx;
    }
}

} // namespace

EXPORT CUresult cuModuleLoadDataEx(CUmodule* module, const void* image, unsigned count, const int* options, void** values) {
    return inContext([&](Context&) -> CUresult {
        constexpr int ErrorLogBuffer = 5, ErrorLogBytes = 6;
        Log log;
        for (unsigned i = 0; i < count; i++) {
            if (options[i] == ErrorLogBuffer) log.buffer = (char*)values[i];
            if (options[i] == ErrorLogBytes) log.size = (size_t)(uintptr_t)values[i] & 0xFFFFFFFF;
        }
        return load(module, image, log);
    });
}

EXPORT CUresult cuModuleLoadData(CUmodule* module, const void* image) {
    return inContext([&](Context&) { return load(module, image, Log{}); });
}

EXPORT CUresult cuModuleUnload(CUmodule module) {
    return inContext([&](Context& c) -> CUresult {
        if (!module) return InvalidHandle;
        c.synchronize();
        delete module;
        return Success;
    });
}

EXPORT CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
    return inContext([&](Context&) -> CUresult {
        if (!function || !module || !name) return InvalidValue;
        auto found = module->kernels.find(name);
        if (found == module->kernels.end()) return NotFound;
        *function = found->second.get();
        return Success;
    });
}

/// What a translated kernel knows of itself. It has no registers: that attribute is an error, not a made-up number.
EXPORT CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
    if (!value || !function) return InvalidValue;
    switch (attribute) {
    case 0: *value = (int)function->translation.maxThreads; return Success;
    case 1: *value = (int)function->translation.declaredSharedBytes; return Success;
    case 3: *value = 0; return Success; // local memory
    case 5: *value = Settings::get().architecture; return Success;
    default: return NotSupported;
    }
}
EXPORT CUresult cuFuncSetAttribute(CUfunction, int, int) { return NotSupported; }
EXPORT CUresult cuFuncSetCacheConfig(CUfunction, int) { return Success; }

EXPORT CUresult cuLaunchKernel(CUfunction function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
    unsigned sharedBytes, CUstream stream, void** parameters, void** extra) {
    return inContext([&](Context& c) -> CUresult {
        if (!function) return InvalidHandle;
        if (!c.owns(streamOf(stream))) return InvalidHandle;
        const TranslatedKernel& k = function->translation;
        const uint64_t threads = (uint64_t)bx * by * bz;
        if (!gx || !gy || !gz || gx > 2147483647u || gy > 65535 || gz > 65535 || threads == 0 || threads > 1024 || bz > 64) return InvalidValue;
        if (threads > k.maxThreads || k.declaredSharedBytes + sharedBytes > 49152) return LaunchOutOfResources;
        if (extra || (!parameters && !k.parameters.empty())) return InvalidValue;
        const std::string message = prepare(*function);
        if (!message.empty()) {
            fprintf(stderr, "softcuda: %s\n", message.c_str());
            c.fail({InvalidPtx, message});
            return InvalidPtx;
        }
        Launch launch{function, {gx, gy, gz}, {bx, by, bz}, sharedBytes, std::vector<char>(k.parameterBytes), c.device, 0};
        for (size_t i = 0; i < k.parameters.size(); i++) memcpy(launch.parameters.data() + k.parameters[i].offset, parameters[i], k.parameters[i].size);
        c.enqueue(streamOf(stream), [&c, launch = std::move(launch)](Runner& runner) mutable {
            launch.reachable = c.reachable();
            Fault fault = runner.run(launch);
            if (fault.code) c.fail(fault);
        });
        return Success;
    });
}

EXPORT CUresult cuLaunchHostFunc(CUstream stream, void (*function)(void*), void* data) {
    return inContext([&](Context& c) -> CUresult {
        if (!function) return InvalidValue;
        if (!c.owns(streamOf(stream))) return InvalidHandle;
        c.enqueue(streamOf(stream), [function, data](Runner&) { function(data); });
        return Success;
    });
}

EXPORT CUresult cuStreamCreateWithPriority(CUstream* stream, unsigned flags, int) {
    return inContext([&](Context& c) -> CUresult {
        if (!stream || flags > 1) return InvalidValue;
        *stream = c.addStream(flags == 0);
        return Success;
    });
}
EXPORT CUresult cuStreamCreate(CUstream* stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }
EXPORT CUresult cuCtxGetStreamPriorityRange(int* least, int* greatest) {
    if (least) *least = 0;
    if (greatest) *greatest = -1;
    return Success;
}

EXPORT CUresult cuStreamDestroy_v2(CUstream stream) {
    if (!isInitialized()) return NotInitialized;
    if (!stream) return InvalidHandle;
    stream->context().removeStream(stream);
    return Success;
}

EXPORT CUresult cuStreamSynchronize(CUstream stream) {
    return inContext([&](Context& c) -> CUresult {
        if (!c.owns(streamOf(stream))) return InvalidHandle;
        c.synchronize(streamOf(stream));
        return c.error();
    });
}

EXPORT CUresult cuStreamQuery(CUstream stream) {
    return inContext([&](Context& c) -> CUresult {
        if (!c.owns(streamOf(stream))) return InvalidHandle;
        return c.idle(streamOf(stream)) ? Success : NotReady;
    });
}

EXPORT CUresult cuEventCreate(CUevent* event, unsigned flags) {
    return inContext([&](Context&) -> CUresult {
        if (!event) return InvalidValue;
        if (flags & 4) return NotSupported; // between processes
        *event = new Event;
        (*event)->timed = !(flags & 2);
        return Success;
    });
}

EXPORT CUresult cuEventDestroy_v2(CUevent event) {
    if (!event) return InvalidHandle;
    delete event; // work that refers to its last record holds that itself
    return Success;
}

EXPORT CUresult cuEventRecord(CUevent event, CUstream stream) {
    return inContext([&](Context& c) -> CUresult {
        if (!event || !c.owns(streamOf(stream))) return InvalidHandle;
        auto record = std::make_shared<Completion>();
        {
            std::lock_guard guard(event->lock);
            event->record = record;
        }
        c.enqueue(streamOf(stream), [record](Runner&) { record->complete(); }, true);
        return Success;
    });
}

namespace {
std::shared_ptr<Completion> recordOf(CUevent event) {
    std::lock_guard guard(event->lock);
    return event->record;
}
}

EXPORT CUresult cuStreamWaitEvent(CUstream stream, CUevent event, unsigned) {
    return inContext([&](Context& c) -> CUresult {
        if (!event || !c.owns(streamOf(stream))) return InvalidHandle;
        auto record = recordOf(event);
        if (record) c.enqueue(streamOf(stream), [record](Runner&) { record->wait(); }, true);
        return Success;
    });
}

EXPORT CUresult cuEventSynchronize(CUevent event) {
    return inContext([&](Context& c) -> CUresult {
        if (!event) return InvalidHandle;
        if (auto record = recordOf(event)) record->wait();
        return c.error();
    });
}

EXPORT CUresult cuEventQuery(CUevent event) {
    return inContext([&](Context&) -> CUresult {
        if (!event) return InvalidHandle;
        auto record = recordOf(event);
        return !record || record->isDone() ? Success : NotReady;
    });
}

EXPORT CUresult cuEventElapsedTime(float* milliseconds, CUevent start, CUevent end) {
    return inContext([&](Context&) -> CUresult {
        if (!milliseconds || !start || !end) return InvalidValue;
        auto a = recordOf(start), b = recordOf(end);
        if (!a || !b || !start->timed || !end->timed) return InvalidHandle;
        if (!a->isDone() || !b->isDone()) return NotReady;
        *milliseconds = std::chrono::duration<float, std::milli>(b->time - a->time).count();
        return Success;
    });
}
EXPORT CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent start, CUevent end) { return cuEventElapsedTime(milliseconds, start, end); }
