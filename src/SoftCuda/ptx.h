// PTX text as a structure: what the translator needs of it, no more.
#pragma once
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

namespace soft {

/// The PTX cannot be translated; the message names instruction, kernel and line.
struct PtxError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One parameter of a kernel, at an offset among the parameters.
struct Parameter {
    std::string name;
    unsigned size, offset;
};

/// A variable outside registers. Where it lies is the translator's choice.
struct Variable {
    std::string space, type, name, initializer; // "shared", "b8", ...
    unsigned align = 4, elementSize = 1;
    unsigned long count = 1;
    bool external = false;
    unsigned long size() const { return elementSize * count; }
};

/// A label, a brace, a declaration of registers, or an instruction.
struct Statement {
    enum Kind { Label, Open, Close, Registers, Local, Instruction } kind;
    std::string guard;    // "@%p1" or "@!%p1", without the @
    std::string operation; // "ld.global.v4.f32", a label's name, or a declaration's type
    std::vector<std::string> operands;
    Variable variable;    // Local
    int ptxLine = 0;
    int line = 0;         // of the .cu file
};

struct Kernel {
    std::string name;
    std::vector<Parameter> parameters;
    unsigned parameterBytes = 0;
    unsigned maxThreads = 1024;
    std::vector<Statement> body;
};

struct Module {
    std::string file; // of the .cu, as .file names it
    std::vector<Variable> variables;
    std::vector<Kernel> kernels;
};

/// Throws PtxError.
Module parsePtx(const std::string& text);

/// Bytes of "u8", "f32", "b64", ...
unsigned sizeOfType(const std::string& type);

} // namespace soft
