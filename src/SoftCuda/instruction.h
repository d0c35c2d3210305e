// One PTX instruction as a C++ statement.
#pragma once
#include "ptx.h"

namespace soft {

/// What names stand for inside a kernel.
struct Names {
    std::map<std::string, std::string> registers; // "%r1" -> "b32"
    std::map<std::string, std::string> constants; // variables and parameters -> C++ expression of their address or offset
};

/// "%r1" as a C++ identifier.
std::string cppName(const std::string& ptx);

/// "b32" -> "u32", "f32" -> "f32", "pred" -> "bool".
std::string cppType(const std::string& type);

class Instruction {
public:
    Instruction(const Statement& statement, const Names& names);

    /// Throws PtxError("unknown instruction") and the like.
    std::string toCpp();

    /// True for those at which a thread waits for others.
    bool cooperates() const;

private:
    const Statement& s;
    const Names& names;
    std::vector<std::string> parts; // of the operation: "ld", "global", "v4", "f32"
    std::string type;               // the last part

    bool has(const char* part) const;
    const std::string& operand(size_t i) const;
    std::string read(const std::string& operand, const std::string& as) const;
    std::string in(size_t i) const { return read(operand(i), type); }
    std::string in(size_t i, const std::string& as) const { return read(operand(i), as); }
    std::string write(const std::string& destination, const std::string& from, const std::string& expression) const;
    std::string set(const std::string& expression) const { return write(operand(0), type, expression); }
    std::string declared(const std::string& name) const;
    std::string address(const std::string& operand) const;
    std::string line() const { return std::to_string(s.line); }

    std::string loadOrStore();
    std::string loadParameter();
    std::string move();
    std::string toAddressSpace();
    std::string arithmetic();
    std::string multiply();
    std::string convert();
    std::string compare();
    std::string function();
    std::string bitwise();
    std::string warp();
    std::string atomic();
};

} // namespace soft
