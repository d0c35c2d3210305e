// What can be proved of the kernels without a GPU. Each returns the number of failures.
#pragma once
#include "nvrtc.h"

namespace prove {

/// Deletes barriers, shortens buffers, shifts pointers: the checked device, or the numbers, must show each. Prints the count.
int proveMutations(const Sources& sources);

/// Compiles every kernel to PTX and to machine code for the four architectures: no spills, no local memory, inside the budget, FFMA share.
/// With a path: compares docs/measurements/kernels.md with what the program would write, where the compiler is the same.
int proveBudgets(const Sources& sources, const std::string& report);

/// Writes docs/measurements/kernels.md.
int writeReport(const Sources& sources, const std::string& path);

/// Streams, events, faults, modules, memory of other devices and other processes. own: this program, to be started as another process.
int proveDriver(const std::string& own, const std::string& driver);

/// The other process: writes into memory of the one that started it.
int writeFromOutside(const std::string& handle);

} // namespace prove
