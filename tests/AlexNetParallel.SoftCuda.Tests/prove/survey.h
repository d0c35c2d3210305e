// Every kernel compiled for every architecture.
#pragma once
#include "cubin.h"
#include "nvrtc.h"
#include <vector>

namespace prove {

constexpr int Architectures[] = {52, 70, 80, 90};

struct SurveyedKernel {
    std::string file;
    int architecture;
    KernelCode code;
    bool hasPtx; // the module's PTX for this architecture has the kernel
    /// Without the 1024 bytes that the system has on sm_90.
    int shared() const { return code.shared - (architecture >= 90 && code.shared > 0 ? 1024 : 0); }
};

std::vector<SurveyedKernel> survey(const Sources& sources);

/// The text of docs/measurements/kernels.md.
std::string reportOf(const std::vector<SurveyedKernel>& kernels);

/// The convolutions and matrix products.
bool isMatrixKernel(const std::string& kernel);
/// A variant that loads weights one by one.
bool isAny(const std::string& kernel);
/// Threads of a block.
int threadsOf(const std::string& kernel);
/// Warps that a multiprocessor holds of those it could, by registers and shared memory.
double occupancy(const SurveyedKernel& kernel);

} // namespace prove
