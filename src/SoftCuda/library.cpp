#include "library.h"
#include "settings.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <fstream>
#include <mutex>
#include <spawn.h>
#include <sstream>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace soft {

namespace {

std::string readFile(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
}

/// FNV-1a with two starts: 128 bits to name a file by.
std::string hashOf(const std::string& text) {
    uint64_t h[2] = {14695981039346656037ull, 1099511628211ull * 31 + 7};
    for (unsigned char c : text) for (uint64_t& x : h) x = (x ^ c) * 1099511628211ull;
    for (uint64_t& x : h) x ^= x >> 29;
    char name[40];
    snprintf(name, sizeof name, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
    return name;
}

/// -march=native means another thing on another processor.
std::string processor() {
    std::ifstream in("/proc/cpuinfo");
    for (std::string line; std::getline(in, line);) if (line.compare(0, 5, "flags") == 0) return line;
    return "";
}

void makeFolders(const std::string& path) {
    for (size_t i = 1; i <= path.size(); i++)
        if (i == path.size() || path[i] == '/') mkdir(path.substr(0, i).c_str(), 0777);
}

const char* const Flags[] = {"-std=c++20", "-O2", "-march=native", "-ffp-contract=off", "-fno-math-errno", "-fno-strict-aliasing", "-fwrapv", "-w", "-fPIC", "-fvisibility=hidden", "-shared"};

/// The compiler's exit status; what it said is in log.
int runCompiler(const std::string& source, const std::string& output, const std::string& log) {
    const Settings& settings = Settings::get();
    std::vector<std::string> words{settings.compiler};
    for (const char* f : Flags) words.push_back(f);
    if (settings.checked) words.push_back("-DSOFT_CHECKED");
    for (const std::string& w : {std::string("-I"), settings.here, std::string("-o"), output, source}) words.push_back(w);
    std::vector<char*> arguments;
    for (std::string& w : words) arguments.push_back(w.data());
    arguments.push_back(nullptr);
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, log.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&files, 1, 2);
    pid_t child;
    int error = posix_spawnp(&child, arguments[0], &files, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&files);
    if (error) return error;
    int status = 0;
    while (waitpid(child, &status, 0) < 0) if (errno != EINTR) return 0; // a host that reaps all children: the file tells
    return status;
}

/// The library's path, or a message.
std::string compile(const std::string& source, std::string& path) {
    const Settings& settings = Settings::get();
    static const std::string common = processor() + readFile(settings.here + "/kernel_runtime.h") + readFile(settings.here + "/kernel_abi.h");
    std::string key = source + common + (settings.checked ? "checked" : "fast") + settings.compiler;
    for (const char* f : Flags) key += f;
    makeFolders(settings.cache);
    const std::string stem = settings.cache + "/" + hashOf(key);
    path = stem + ".so";
    if (access(path.c_str(), R_OK) == 0) return "";
    // Several processes may want the same kernel: one compiles, the others wait.
    int lock = open((stem + ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock < 0) return "cannot write to " + settings.cache + ": " + strerror(errno);
    flock(lock, LOCK_EX);
    std::string message;
    if (access(path.c_str(), R_OK) != 0) {
        const std::string part = stem + "." + std::to_string(getpid());
        { std::ofstream out(part + ".cpp"); out << source; }
        const int status = runCompiler(part + ".cpp", part + ".part", part + ".log");
        if (access((part + ".part").c_str(), R_OK) == 0 && rename((part + ".part").c_str(), path.c_str()) == 0) unlink((part + ".cpp").c_str());
        else message = settings.compiler + " failed (" + std::to_string(status) + ") on " + part + ".cpp: " + readFile(part + ".log").substr(0, 2000);
        unlink((part + ".log").c_str());
    }
    unlink((stem + ".lock").c_str());
    close(lock);
    return message;
}

} // namespace

std::unique_ptr<LoadedModule> loadModule(const std::string& ptx) {
    const Module parsed = parsePtx(ptx);
    auto loaded = std::make_unique<LoadedModule>();
    for (TranslatedKernel& t : translate(parsed, Settings::get().checked)) {
        auto kernel = std::make_unique<CompiledKernel>();
        const std::string name = t.name;
        kernel->translation = std::move(t);
        kernel->file = parsed.file.empty() ? "source" : parsed.file;
        loaded->kernels[name] = std::move(kernel);
    }
    return loaded;
}

std::string prepare(CompiledKernel& kernel) {
    if (kernel.entry.load()) return "";
    static std::mutex one;
    std::lock_guard guard(one);
    if (kernel.entry.load()) return "";
    std::string path, message = compile(kernel.translation.source, path);
    if (!message.empty()) return message;
    void* library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return dlerror();
    void* entry = dlsym(library, "soft_entry");
    if (!entry) return path + " has no entry";
    if (Settings::get().verbose) fprintf(stderr, "softcuda: %s is %s\n", kernel.translation.name.c_str(), path.c_str());
    kernel.entry.store((Entry)entry);
    return "";
}

} // namespace soft
