#include "settings.h"
#include <cstdlib>
#include <dlfcn.h>

namespace soft {

static std::string text(const char* name, const char* otherwise) {
    const char* value = getenv(name);
    return value && *value ? value : otherwise;
}

static unsigned number(const char* name, unsigned otherwise) {
    const char* value = getenv(name);
    return value && *value ? (unsigned)strtoul(value, nullptr, 10) : otherwise;
}

static uint64_t bytes(const char* name, const char* otherwise) {
    std::string value = text(name, otherwise);
    char* end;
    uint64_t n = strtoull(value.c_str(), &end, 10);
    switch (*end) {
    case 'K': return n << 10;
    case 'M': return n << 20;
    case 'G': return n << 30;
    default: return n;
    }
}

static Settings read() {
    Settings s;
    s.devices = (int)number("SOFTCUDA_DEVICES", 2);
    s.architecture = (int)number("SOFTCUDA_ARCH", 70);
    s.memory = bytes("SOFTCUDA_MEMORY", "8G");
    s.checked = number("SOFTCUDA_CHECK", 0) != 0;
    s.reverse = text("SOFTCUDA_ORDER", "") == "reverse";
    s.peer = number("SOFTCUDA_PEER", 1) != 0;
    s.delay = number("SOFTCUDA_DELAY", 0);
    s.seed = number("SOFTCUDA_SEED", 1);
    s.verbose = number("SOFTCUDA_VERBOSE", 0) != 0;
    const char* home = getenv("HOME");
    s.cache = text("SOFTCUDA_CACHE", (std::string(home && *home ? home : "/tmp") + "/.cache/alexnet-softcuda").c_str());
    s.compiler = text("SOFTCUDA_CXX", "g++");
    Dl_info info;
    static const int anchor = 0;
    if (dladdr(&anchor, &info) && info.dli_fname) {
        s.here = info.dli_fname;
        size_t slash = s.here.rfind('/');
        s.here = slash == std::string::npos ? "." : s.here.substr(0, slash);
    }
    return s;
}

const Settings& Settings::get() {
    static const Settings settings = read();
    return settings;
}

} // namespace soft
