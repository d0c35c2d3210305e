// NVRTC as the proofs need it: the kernels' sources, some of them changed, to PTX or machine code.
#pragma once
#include <map>
#include <string>

namespace prove {

/// The files of the folder "kernels" by name.
using Sources = std::map<std::string, std::string>;

Sources readSources(const std::string& folder);

/// What NVRTC calls itself, "11.8".
std::string compilerVersion();

struct Compiled {
    std::string ptx, machineCode; // machineCode: empty unless asked for
};

/// PTX for compute_NN with line information; or machine code for sm_NN, and the PTX that it was made from, without (see kernels/README.md).
/// Throws std::runtime_error with NVRTC's log.
Compiled compile(const Sources& sources, const std::string& file, int architecture, bool machineCode);

} // namespace prove
