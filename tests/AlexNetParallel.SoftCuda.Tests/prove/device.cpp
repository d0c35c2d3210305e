#include "device.h"
#include <dlfcn.h>
#include <map>
#include <stdexcept>

namespace prove {

namespace {

void* driver;

void check(int code, const char* what) {
    if (code) throw std::runtime_error(std::string(what) + ": " + describe(code));
}

} // namespace

void* driverFunction(const char* name) {
    void* f = dlsym(driver, name);
    if (!f) throw std::runtime_error(std::string("the driver has no ") + name);
    return f;
}

std::string describe(int code) {
    const char* text = nullptr;
    call("cuGetErrorString", code, &text);
    return std::to_string(code) + " " + (text ? text : "");
}

void openDriver(const std::string& folder) {
    driver = dlopen((folder + "/libcuda.so.1").c_str(), RTLD_NOW);
    if (!driver) throw std::runtime_error(dlerror());
    check(call("cuInit", 0u), "cuInit");
}

Session::Session() { check(call("cuCtxCreate_v2", &context, 0u, 0), "cuCtxCreate"); }

Session::~Session() {
    if (!failed) for (Address a : owned) call("cuMemFree_v2", a);
    call("cuCtxDestroy_v2", context);
}

Address Session::upload(const std::vector<char>& bytes, size_t size) {
    Address to = 0;
    check(call("cuMemAlloc_v2", &to, size), "cuMemAlloc");
    owned.push_back(to);
    check(call("cuMemcpyHtoD_v2", to, (const void*)bytes.data(), size), "cuMemcpyHtoD");
    return to;
}

std::vector<char> Session::download(Address from, size_t bytes) {
    std::vector<char> result(bytes);
    check(call("cuMemcpyDtoH_v2", (void*)result.data(), from, bytes), "cuMemcpyDtoH");
    return result;
}

std::string Session::launch(const std::string& ptx, const std::string& kernel, const unsigned (&grid)[3], const unsigned (&block)[3], const std::vector<std::vector<char>>& arguments) {
    static std::map<std::string, void*> modules; // by their text: the driver's modules belong to no context in particular
    void*& module = modules[ptx];
    if (!module) check(call("cuModuleLoadData", &module, (const void*)ptx.c_str()), "cuModuleLoadData");
    void* function = nullptr;
    check(call("cuModuleGetFunction", &function, module, kernel.c_str()), kernel.c_str());
    std::vector<void*> pointers;
    for (auto& a : arguments) pointers.push_back((void*)a.data());
    int code = call("cuLaunchKernel", function, grid[0], grid[1], grid[2], block[0], block[1], block[2], 0u, (void*)nullptr, pointers.data(), (void**)nullptr);
    if (code == 0) code = call("cuCtxSynchronize");
    failed |= code != 0;
    return code == 0 ? "" : describe(code);
}

} // namespace prove
