// One small launch of every kernel, with data in buffers of exactly the size that it needs.
#pragma once
#include "device.h"
#include <functional>
#include <string>
#include <vector>

namespace prove {

struct Buffer {
    std::string name;
    std::vector<char> bytes;
    bool output;
    bool chosen = true; // mutations shorten and shift it
};

/// An argument: a value, or the address of a buffer plus some bytes, alone or inside a structure.
struct Argument {
    std::vector<char> bytes;
    struct Pointer { size_t at; int buffer; long offset; };
    std::vector<Pointer> pointers;
};

struct Case {
    std::string file, kernel;
    unsigned grid[3], block[3];
    std::vector<Buffer> buffers;
    std::vector<Argument> arguments;
};

std::vector<Case> allCases();

/// What is done to one buffer of a launch.
struct Change {
    int buffer = -1;
    int shorten = 0, shift = 0; // bytes
};

struct Outcome {
    std::string fault; // empty: none
    std::vector<std::vector<char>> outputs;
};

Outcome run(const Case& what, const std::string& ptx, Change change = {});

/// Whether a mutation shows: a fault, or a number that is off by more than a thousandth (of the largest where small).
bool differs(const Outcome& good, const Outcome& changed);

} // namespace prove
