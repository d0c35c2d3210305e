#include "device.h"
#include "prove.h"
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace prove {

namespace {

const char* const Source = R"(
extern "C" __global__ void fill(float* to, float value, int count) { int i = blockIdx.x * 256 + threadIdx.x; if (i < count) to[i] = value; }
extern "C" __global__ void halfBarrier(float* to) { if (threadIdx.x < 16) return; __syncthreads(); to[threadIdx.x] = 1; }
extern "C" __global__ void race(float* to) { to[threadIdx.x / 2] = threadIdx.x; }
extern "C" __global__ void blockRace(float* to) { if (threadIdx.x == 0) to[0] = blockIdx.x; }
extern "C" __global__ void oddVector(float* to) { *reinterpret_cast<float4*>(to + 1) = make_float4(1, 2, 3, 4); }
extern "C" __global__ void lostLane(float* to) { if (threadIdx.x == 31) return; to[threadIdx.x] = __shfl_sync(0xffffffffu, threadIdx.x, 0); }
extern "C" __global__ void shuffles(int* to) {
    int t = threadIdx.x, v = t;
    to[t] = __shfl_xor_sync(0xffffffffu, v, 5) + 100 * __shfl_up_sync(0xffffffffu, v, 3) + 10000 * __shfl_down_sync(0xffffffffu, v, 2, 8) + (__any_sync(0xffffffffu, t == 7) ? 1000000 : 0);
}
)";

int failures, checks;

void expect(bool right, const std::string& what) {
    checks++;
    if (right) return;
    failures++;
    printf("NOT AS EXPECTED: %s\n", what.c_str());
}

template <class T> std::vector<char> bytes(T v) {
    std::vector<char> b(sizeof v);
    memcpy(b.data(), &v, sizeof v);
    return b;
}

/// A fault says what it is, where, and on which line; it stays until the context is left.
void faults(const std::string& ptx) {
    struct Expected { const char* kernel; unsigned threads, blocks; size_t floats; std::string code, text, line; };
    for (const Expected& e : {Expected{"fill", 256, 1, 255, "700", "outside every allocation", "line 2"},
             Expected{"halfBarrier", 32, 1, 64, "719", "barrier", "line 3"}, Expected{"race", 64, 1, 64, "719", "race", "line 4"},
             Expected{"blockRace", 32, 2, 64, "719", "of another block", "line 5"}, Expected{"oddVector", 1, 1, 64, "716", "misaligned", "line 6"},
             Expected{"lostLane", 32, 1, 64, "719", "lane 31", "line 7"}}) {
        Session session;
        const Address to = session.upload(std::vector<char>(4 * e.floats), 4 * e.floats);
        std::vector<std::vector<char>> arguments{bytes(to)};
        if (!strcmp(e.kernel, "fill")) { arguments.push_back(bytes(1.0f)); arguments.push_back(bytes(256)); }
        const std::string fault = session.launch(ptx, e.kernel, {e.blocks, 1, 1}, {e.threads, 1, 1}, arguments);
        expect(fault.find(e.code) == 0 && fault.find(e.text) != std::string::npos && fault.find(e.line) != std::string::npos && fault.find(e.kernel) != std::string::npos,
            std::string(e.kernel) + ": " + fault);
        Address more = 0;
        expect(std::to_string(call("cuMemAlloc_v2", &more, (size_t)64)) == e.code, "a fault is told by every later call");
    }
    Session session;
    const Address to = session.upload(std::vector<char>(128), 128);
    expect(session.launch(ptx, "shuffles", {1, 1, 1}, {32, 1, 1}, {bytes(to)}).empty(), "shuffles run");
    const auto result = session.download(to, 128);
    for (int t = 0; t < 32; t++) {
        const int up = t < 3 ? t : t - 3, down = t % 8 > 5 ? t : t + 2;
        int value;
        memcpy(&value, &result[4 * (size_t)t], 4);
        expect(value == (t ^ 5) + 100 * up + 10000 * down + 1000000, "shuffle of lane " + std::to_string(t));
    }
}

/// Work in different streams has no order but by events: with random delays a missing wait shows.
void streams(const std::string& ptx) {
    void* context = nullptr;
    call("cuCtxCreate_v2", &context, 0u, 0);
    void *module = nullptr, *fill = nullptr, *first = nullptr, *second = nullptr, *event = nullptr;
    call("cuModuleLoadData", &module, (const void*)ptx.c_str());
    call("cuModuleGetFunction", &fill, module, "fill");
    call("cuStreamCreate", &first, 1u);
    call("cuStreamCreate", &second, 1u);
    call("cuEventCreate", &event, 0u);
    Address a = 0, b = 0;
    call("cuMemAlloc_v2", &a, (size_t)1024);
    call("cuMemAlloc_v2", &b, (size_t)1024);
    int wrong[2] = {0, 0};
    for (int wait = 0; wait < 2; wait++) {
        for (int round = 1; round <= 30; round++) {
            float value = (float)(100 * wait + round), seen = 0;
            int count = 256;
            void* arguments[] = {&a, &value, &count};
            expect(call("cuLaunchKernel", fill, 1u, 1u, 1u, 256u, 1u, 1u, 0u, first, (void**)arguments, (void**)nullptr) == 0, "launch");
            call("cuEventRecord", event, first);
            if (wait) call("cuStreamWaitEvent", second, event, 0u);
            call("cuMemcpyDtoDAsync_v2", b, a, (size_t)1024, second);
            call("cuStreamSynchronize", second);
            call("cuMemcpyDtoH_v2", (void*)&seen, b, (size_t)4);
            wrong[wait] += seen != value;
            call("cuStreamSynchronize", first);
        }
    }
    expect(wrong[0] > 0, "a missing wait for an event shows (0 of 30 rounds were wrong)");
    expect(wrong[1] == 0, "with the wait the order holds (" + std::to_string(wrong[1]) + " of 30 rounds were wrong)");
    // Memory of another device, without and with peer access.
    void* other = nullptr;
    call("cuCtxCreate_v2", &other, 0u, 1);
    int count = 256, code;
    float value = 5;
    void* arguments[] = {&a, &value, &count};
    call("cuLaunchKernel", fill, 1u, 1u, 1u, 256u, 1u, 1u, 0u, (void*)nullptr, (void**)arguments, (void**)nullptr);
    code = call("cuCtxSynchronize");
    expect(code == 700 && describe(code).find("without peer access") != std::string::npos, "memory of another device: " + describe(code));
    call("cuCtxDestroy_v2", other);
    call("cuCtxCreate_v2", &other, 0u, 1);
    expect(call("cuCtxEnablePeerAccess", context, 0u) == 0, "peer access is given");
    call("cuLaunchKernel", fill, 1u, 1u, 1u, 256u, 1u, 1u, 0u, (void*)nullptr, (void**)arguments, (void**)nullptr);
    expect(call("cuCtxSynchronize") == 0, "memory of another device with peer access");
    call("cuCtxDestroy_v2", other);
    call("cuCtxDestroy_v2", context);
}

void modules(const std::string& ptx, const std::string& machineCode) {
    void *context = nullptr, *module = nullptr;
    call("cuCtxCreate_v2", &context, 0u, 0);
    std::string strange = ptx;
    const size_t at = strange.find("ret;");
    strange.insert(at, "wmma.strange.f32 \t%f1, %f1;\n");
    char log[1000] = "";
    int options[] = {5, 6};
    void* values[] = {log, (void*)sizeof log};
    expect(call("cuModuleLoadDataEx", &module, (const void*)strange.c_str(), 2u, (int*)options, (void**)values) == 218, "an unknown instruction is refused");
    expect(strstr(log, "unknown instruction") && strstr(log, "wmma.strange.f32"), std::string("the log names it: ") + log);
    expect(call("cuModuleLoadData", &module, (const void*)machineCode.data()) == 209, "machine code is refused");
    void* function = nullptr;
    expect(call("cuModuleLoadData", &module, (const void*)ptx.c_str()) == 0 && call("cuModuleGetFunction", &function, module, "nothing") == 500, "a kernel that is not there");
    call("cuCtxDestroy_v2", context);
}

/// Memory handed to another process by a handle: what it writes is here.
void processes(const std::string& own, const std::string& driver) {
    void* context = nullptr;
    call("cuCtxCreate_v2", &context, 0u, 0);
    Address a = 0;
    call("cuMemAlloc_v2", &a, (size_t)1000);
    unsigned char handle[64];
    expect(call("cuIpcGetMemHandle", (void*)handle, a) == 0, "a handle");
    std::string digits;
    for (unsigned char c : handle) { char two[3]; snprintf(two, sizeof two, "%02x", c); digits += two; }
    const pid_t child = fork();
    if (child == 0) {
        execl(own.c_str(), own.c_str(), "outside", driver.c_str(), digits.c_str(), (char*)nullptr);
        _exit(127);
    }
    int status = -1;
    waitpid(child, &status, 0);
    expect(status == 0, "the other process ends well: " + std::to_string(status));
    std::vector<unsigned char> seen(1000);
    call("cuMemcpyDtoH_v2", (void*)seen.data(), a, (size_t)1000);
    bool right = true;
    for (unsigned char c : seen) right &= c == 0x5A;
    expect(right, "what another process wrote is here");
    call("cuCtxDestroy_v2", context);
}

} // namespace

int writeFromOutside(const std::string& digits) {
    struct Handle { unsigned char bytes[64]; } handle;
    for (size_t i = 0; i < 64; i++) handle.bytes[i] = (unsigned char)strtoul(digits.substr(2 * i, 2).c_str(), nullptr, 16);
    void* context = nullptr;
    if (call("cuCtxCreate_v2", &context, 0u, 0)) return 2;
    Address a = 0;
    if (call("cuIpcOpenMemHandle_v2", &a, handle, 1u)) return 3;
    if (call("cuMemsetD8_v2", a, (unsigned char)0x5A, (size_t)1000)) return 4;
    if (call("cuMemsetD8_v2", a, (unsigned char)0, (size_t)1001) != 1) return 5; // one byte too many
    return call("cuIpcCloseMemHandle", a) ? 6 : 0;
}

int proveDriver(const std::string& own, const std::string& driver) {
    const Sources sources{{"driver.cu", Source}};
    const std::string ptx = compile(sources, "driver.cu", 70, false).ptx;
    faults(ptx);
    streams(ptx);
    modules(ptx, compile(sources, "driver.cu", 70, true).machineCode);
    processes(own, driver);
    printf("%d checks of the software device, %d failures\n", checks, failures);
    return failures;
}

} // namespace prove
