// PTX modules as machine code of this host: translated, compiled by g++, kept on disk by hash.
#pragma once
#include "runner.h"
#include <map>
#include <memory>
#include <string>

namespace soft {

/// A loaded module. Kernels are compiled when they are first launched: a module has variants of which one may be used.
struct LoadedModule {
    std::map<std::string, std::unique_ptr<CompiledKernel>> kernels;
};

/// Throws PtxError.
std::unique_ptr<LoadedModule> loadModule(const std::string& ptx);

/// Compiles the kernel unless that was done. Empty, or what the compiler said.
std::string prepare(CompiledKernel& kernel);

} // namespace soft
