#include "nvrtc.h"
#include <dirent.h>
#include <dlfcn.h>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace prove {

namespace {

void* library() {
    static void* handle = [] {
        for (const char* name : {"libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2", "libnvrtc.so"})
            if (void* h = dlopen(name, RTLD_NOW)) return h;
        throw std::runtime_error("NVRTC was not found; scripts/soft-cuda.sh --needs installs it");
    }();
    return handle;
}

template <class F> F function(const char* name) {
    void* f = dlsym(library(), name);
    if (!f) throw std::runtime_error(std::string("NVRTC has no ") + name);
    return (F)f;
}

} // namespace

Sources readSources(const std::string& folder) {
    Sources sources;
    DIR* directory = opendir(folder.c_str());
    if (!directory) throw std::runtime_error("no folder " + folder);
    while (dirent* entry = readdir(directory)) {
        const std::string name = entry->d_name;
        if (name.size() < 4 || (name.substr(name.size() - 3) != ".cu" && name.substr(name.size() - 4) != ".cuh")) continue;
        std::ifstream in(folder + "/" + name);
        std::ostringstream text;
        text << in.rdbuf();
        sources[name] = text.str();
    }
    closedir(directory);
    return sources;
}

std::string compilerVersion() {
    int major = 0, minor = 0;
    function<int (*)(int*, int*)>("nvrtcVersion")(&major, &minor);
    return std::to_string(major) + "." + std::to_string(minor);
}

Compiled compile(const Sources& sources, const std::string& file, int architecture, bool machineCode) {
    std::vector<const char*> names, texts;
    for (auto& [name, text] : sources) {
        if (name.substr(name.size() - 4) != ".cuh") continue;
        names.push_back(name.c_str());
        texts.push_back(text.c_str());
    }
    void* program = nullptr;
    function<int (*)(void**, const char*, const char*, int, const char* const*, const char* const*)>("nvrtcCreateProgram")(
        &program, sources.at(file).c_str(), file.c_str(), (int)names.size(), texts.data(), names.data());
    const std::string target = std::string("--gpu-architecture=") + (machineCode ? "sm_" : "compute_") + std::to_string(architecture);
    std::vector<const char*> options{target.c_str(), "--std=c++14"};
    if (!machineCode) options.push_back("--generate-line-info");
    const int status = function<int (*)(void*, int, const char* const*)>("nvrtcCompileProgram")(program, (int)options.size(), options.data());
    if (status != 0) {
        size_t size = 0;
        function<int (*)(void*, size_t*)>("nvrtcGetProgramLogSize")(program, &size);
        std::string log(size, '\0');
        function<int (*)(void*, char*)>("nvrtcGetProgramLog")(program, log.data());
        throw std::runtime_error(file + " does not compile for " + target + ": " + log.substr(0, 800));
    }
    Compiled result;
    auto get = [&](const char* sizeName, const char* name, std::string& image) {
        size_t bytes = 0;
        function<int (*)(void*, size_t*)>(sizeName)(program, &bytes);
        image.resize(bytes);
        function<int (*)(void*, char*)>(name)(program, image.data());
    };
    get("nvrtcGetPTXSize", "nvrtcGetPTX", result.ptx);
    if (machineCode) get("nvrtcGetCUBINSize", "nvrtcGetCUBIN", result.machineCode);
    function<int (*)(void**)>("nvrtcDestroyProgram")(&program);
    return result;
}

} // namespace prove
