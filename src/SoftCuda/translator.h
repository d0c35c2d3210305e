// A PTX kernel as C++: one statement an instruction, labels as gotos, each load and store through one macro.
#pragma once
#include "ptx.h"

namespace soft {

/// Where a variable lies in a block's shared memory.
struct SharedRange {
    unsigned offset, size;
};

struct TranslatedKernel {
    std::string name;
    std::string source;      // C++, for kernel_runtime.h
    std::vector<Parameter> parameters;
    unsigned parameterBytes = 0;
    unsigned maxThreads = 1024;
    std::vector<SharedRange> shared; // static variables, in order
    unsigned sharedBytes = 0;        // where dynamic shared memory begins
    unsigned declaredSharedBytes = 0; // what a device would count: no gaps
    bool cooperates = false;         // threads wait for each other: each needs a stack
};

/// Translates all kernels of a module. With gaps, shared variables lie apart so that the checker sees an access beyond each.
/// Throws PtxError for an instruction that is not known, with its text.
std::vector<TranslatedKernel> translate(const Module& module, bool gaps);

} // namespace soft
