#include "instruction.h"
#include <cctype>
#include <cstdlib>

namespace soft {

std::string cppName(const std::string& ptx) {
    std::string r = "v_";
    for (char c : ptx) r += c == '%' ? 'R' : c == '$' || c == '.' ? '_' : c;
    return r;
}

std::string cppType(const std::string& type) {
    if (type == "pred") return "bool";
    if (type[0] == 'b') return "u" + type.substr(1);
    static const char* known[] = {"u8", "u16", "u32", "u64", "s8", "s16", "s32", "s64", "f32", "f64"};
    for (const char* k : known) if (type == k) return type;
    throw PtxError("unsupported type ." + type);
}

static bool isFloat(const std::string& type) { return type[0] == 'f'; }

static std::vector<std::string> split(const std::string& text, char at) {
    std::vector<std::string> parts;
    std::string current;
    for (char c : text + at) {
        if (c == at) { parts.push_back(current); current.clear(); }
        else if (!isspace((unsigned char)c)) current += c;
    }
    return parts;
}

Instruction::Instruction(const Statement& statement, const Names& names) : s(statement), names(names), parts(split(statement.operation, '.')), type(parts.back()) {}

bool Instruction::has(const char* part) const {
    for (const std::string& p : parts) if (p == part) return true;
    return false;
}

const std::string& Instruction::operand(size_t i) const {
    if (i >= s.operands.size()) throw PtxError("an operand is missing");
    return s.operands[i];
}

std::string Instruction::declared(const std::string& name) const {
    auto found = names.registers.find(name);
    if (found == names.registers.end()) throw PtxError("unknown register " + name);
    return found->second;
}

/// An operand as a C++ value of a type: a register (its bits taken as that type), a constant, a special register, or a variable's address.
std::string Instruction::read(const std::string& o, const std::string& as) const {
    const std::string want = cppType(as);
    if (o.compare(0, 2, "0f") == 0 || o.compare(0, 2, "0F") == 0) return "bits<f32>((u32)0x" + o.substr(2) + "u)";
    if (o.compare(0, 2, "0d") == 0 || o.compare(0, 2, "0D") == 0) return "bits<f64>((u64)0x" + o.substr(2) + "ull)";
    if (isdigit((unsigned char)o[0]) || o[0] == '-') {
        std::string digits = !o.empty() && (o.back() == 'U') ? o.substr(0, o.size() - 1) : o;
        if (as == "pred") return digits == "0" ? "false" : "true";
        return "(" + want + ")" + digits + (digits.size() > 10 && digits[0] != '-' ? "ull" : "ll");
    }
    static const std::map<std::string, std::string> special = {
        {"%laneid", "t.lane()"}, {"%warpid", "t.warp()"}, {"WARP_SZ", "32"}, {"%lanemask_lt", "((1u << t.lane()) - 1)"}, {"%lanemask_eq", "(1u << t.lane())"}};
    if (auto found = special.find(o); found != special.end()) return "(" + want + ")" + found->second;
    for (const char* name : {"tid", "ntid", "ctaid", "nctaid"}) {
        const std::string start = std::string("%") + name + ".";
        if (o.compare(0, start.size(), start) == 0) return "(" + want + ")t." + o.substr(1);
    }
    if (auto found = names.constants.find(o); found != names.constants.end()) return "(" + want + ")" + found->second;
    if (o[0] == '!' ) return "!" + read(o.substr(1), as);
    if (o[0] != '%') throw PtxError("unknown name " + o);
    const std::string have = cppType(declared(o));
    if (have == want) return cppName(o);
    if (isFloat(have) != isFloat(want)) return "bits<" + want + ">(" + cppName(o) + ")";
    return "(" + want + ")" + cppName(o);
}

/// destination = expression, which has the type from.
std::string Instruction::write(const std::string& destination, const std::string& from, const std::string& expression) const {
    if (destination == "_") return "(void)(" + expression + ");";
    const std::string have = cppType(declared(destination)), value = cppType(from);
    const std::string to = cppName(destination) + " = ";
    if (have == value) return to + "(" + value + ")(" + expression + ");";
    if (isFloat(have) != isFloat(value)) return to + "bits<" + have + ">((" + value + ")(" + expression + "));";
    return to + "(" + have + ")(" + value + ")(" + expression + ");";
}

/// "[%rd1+16]" as bytes.
std::string Instruction::address(const std::string& o) const {
    if (o.size() < 3 || o.front() != '[' || o.back() != ']') throw PtxError("expected an address, found " + o);
    std::string inner = o.substr(1, o.size() - 2), sign = "+";
    size_t plus = inner.find('+', 1);
    if (plus == std::string::npos) return read(split(inner, ' ')[0], "u64");
    std::string base = split(inner.substr(0, plus), ' ')[0];
    std::string offset = inner.substr(plus + 1);
    std::string clean;
    for (char c : offset) if (!isspace((unsigned char)c)) clean += c;
    return "(" + read(base, "u64") + " + (" + clean + "))";
}

bool Instruction::cooperates() const {
    const std::string& name = parts[0];
    return name == "bar" || name == "barrier" || name == "shfl" || name == "vote" || name == "activemask";
}

std::string Instruction::toCpp() {
    const std::string& name = parts[0];
    if (name == "ret" || name == "exit") return "return;";
    if (name == "bra") return "goto " + cppName(operand(0)) + ";";
    if (name == "trap") return "t.calls->trap(t, " + line() + ");";
    if (name == "membar" || name == "fence") return "__atomic_thread_fence(__ATOMIC_SEQ_CST);";
    if (name == "ld" && has("param")) return loadParameter();
    if (name == "ld" || name == "st") return loadOrStore();
    if (name == "prefetch" || name == "prefetchu") return ";";
    if (name == "mov") return move();
    if (name == "cvta") return toAddressSpace();
    if (name == "cvt") return convert();
    if (name == "setp") return compare();
    if (name == "mul" || name == "mad" || name == "mul24" || name == "mad24") return multiply();
    if (name == "atom" || name == "red") return atomic();
    if (cooperates()) return warp();
    std::string text = arithmetic();
    if (text.empty()) text = function();
    if (text.empty()) text = bitwise();
    if (text.empty()) throw PtxError("unknown instruction");
    return text;
}

std::string Instruction::loadParameter() {
    unsigned n = has("v4") ? 4 : has("v2") ? 2 : 1, size = sizeOfType(type);
    std::vector<std::string> to = n == 1 ? std::vector<std::string>{operand(0)} : split(operand(0).substr(1, operand(0).size() - 2), ',');
    std::string text = "const char* q = parameters + " + address(operand(1)) + ";";
    for (unsigned i = 0; i < n; i++)
        text += " { " + cppType(type) + " x; memcpy(&x, q + " + std::to_string(i * size) + ", sizeof x); " + write(to[i], type, "x") + " }";
    return text;
}

std::string Instruction::loadOrStore() {
    const bool store = parts[0] == "st";
    const unsigned n = has("v4") ? 4 : has("v2") ? 2 : 1, size = sizeOfType(type) * n;
    const std::string& values = operand(store ? 1 : 0);
    std::vector<std::string> each = n == 1 ? std::vector<std::string>{values} : split(values.substr(1, values.size() - 2), ',');
    const std::string at = address(operand(store ? 0 : 1)), pointer = cppType(type) + "*";
    std::string text = "auto q = (" + pointer + ")(" + (has("shared") ? "shared + " + at : at) + ");";
    // Constants lie in the kernel's own library, where nothing of the program can reach them.
    if (!has("const")) text += " ACCESS(q, " + std::to_string(size) + ", " + (store ? "true" : "false") + ", " + line() + ");";
    for (unsigned i = 0; i < n; i++) {
        const std::string element = "q[" + std::to_string(i) + "]";
        text += " " + (store ? element + " = " + read(each[i], type) + ";" : write(each[i], type, element));
    }
    return text;
}

std::string Instruction::move() {
    if (operand(1)[0] == '{') {
        auto p = split(operand(1).substr(1, operand(1).size() - 2), ',');
        if (type == "b64") return set("(u64)" + read(p[0], "b32") + " | (u64)" + read(p[1], "b32") + " << 32");
        if (type == "b32") return set("(u32)" + read(p[0], "b16") + " | (u32)" + read(p[1], "b16") + " << 16");
        throw PtxError("unsupported vector move");
    }
    if (operand(0)[0] == '{') {
        auto p = split(operand(0).substr(1, operand(0).size() - 2), ',');
        const std::string half = type == "b64" ? "b32" : "b16", shift = type == "b64" ? "32" : "16";
        return cppType(type) + " x = " + in(1) + "; " + write(p[0], half, "x") + " " + write(p[1], half, "x >> " + shift);
    }
    return set(in(1));
}

/// Shared addresses are offsets, all other addresses are the host's.
std::string Instruction::toAddressSpace() {
    if (!has("shared")) return set(in(1));
    return set(has("to") ? in(1) + " - (u64)shared" : "(u64)shared + " + in(1));
}

std::string Instruction::arithmetic() {
    const std::string& n = parts[0];
    if (has("cc") || n == "addc" || n == "subc" || n == "madc") throw PtxError("unsupported carry");
    if (n == "add" || n == "sub") {
        const std::string w = isFloat(type) ? cppType(type) : "u" + type.substr(1);
        const std::string a = isFloat(type) ? in(1) : "(" + w + ")" + in(1), b = isFloat(type) ? in(2) : "(" + w + ")" + in(2);
        return set(a + (n == "add" ? " + " : " - ") + b);
    }
    if (n == "fma") return set("fma_(" + in(1) + ", " + in(2) + ", " + in(3) + ")");
    if (n == "div") return set("div_(" + in(1) + ", " + in(2) + ")");
    if (n == "rem") return set("rem_(" + in(1) + ", " + in(2) + ")");
    if (n == "neg") return set(isFloat(type) ? "-" + in(1) : "(" + cppType(type) + ")0 - " + in(1));
    if (n == "abs") return set("abs_(" + in(1) + ")");
    if (n == "min" || n == "max") return set(n + "_(" + in(1) + ", " + in(2) + ")");
    if (n == "selp") return set(in(3, "pred") + " ? " + in(1) + " : " + in(2));
    return "";
}

std::string Instruction::multiply() {
    const bool add = parts[0].compare(0, 3, "mad") == 0;
    if (isFloat(type)) return add ? set("fma_(" + in(1) + ", " + in(2) + ", " + in(3) + ")") : set(in(1) + " * " + in(2));
    const unsigned width = sizeOfType(type) * 8;
    if (width == 64 && has("hi")) return set(std::string("(") + (type[0] == 's' ? "__int128" : "unsigned __int128") + ")" + in(1) + " * " + in(2) + " >> 64" );
    if (width == 64) return set("(u64)" + in(1) + " * (u64)" + in(2) + (add ? " + (u64)" + in(3) : ""));
    const std::string wide = type.substr(0, 1) + std::to_string(width * 2);
    const std::string product = "(" + wide + ")" + in(1) + " * (" + wide + ")" + in(2);
    if (has("wide")) return write(operand(0), wide, add ? product + " + " + in(3, wide) : product);
    if (has("hi")) return set("(" + cppType(type) + ")((" + product + ") >> " + std::to_string(width) + ")" + (add ? " + " + in(3) : ""));
    return set("(u" + std::to_string(width) + ")(" + product + ")" + (add ? " + (u" + std::to_string(width) + ")" + in(3) : ""));
}

std::string Instruction::convert() {
    const std::string to = parts[parts.size() - 2], from = type;
    std::string x = read(operand(1), from);
    auto rounded = [&](const std::string& v) -> std::string {
        if (has("rni")) return "__builtin_rint(" + v + ")";
        if (has("rzi")) return "__builtin_trunc(" + v + ")";
        if (has("rmi")) return "__builtin_floor(" + v + ")";
        if (has("rpi")) return "__builtin_ceil(" + v + ")";
        return v;
    };
    if (has("rz") || has("rm") || has("rp")) throw PtxError("unsupported rounding");
    if (isFloat(from) && !isFloat(to)) return write(operand(0), to, "to_integer<" + cppType(to) + ">(" + rounded(x) + ")");
    if (isFloat(from)) x = rounded(x);
    if (has("sat") && isFloat(to)) x = "min_(max_((" + cppType(to) + ")(" + x + "), (" + cppType(to) + ")0), (" + cppType(to) + ")1)";
    return write(operand(0), to, x);
}

std::string Instruction::compare() {
    static const std::map<std::string, std::string> operators = {
        {"eq", "=="}, {"ne", "!="}, {"lt", "<"}, {"le", "<="}, {"gt", ">"}, {"ge", ">="}, {"lo", "<"}, {"ls", "<="}, {"hi", ">"}, {"hs", ">="},
        {"equ", "=="}, {"neu", "!="}, {"ltu", "<"}, {"leu", "<="}, {"gtu", ">"}, {"geu", ">="}};
    const std::string a = in(1), b = in(2), &name = parts[1];
    std::string test;
    if (name == "num") test = a + " == " + a + " && " + b + " == " + b;
    else if (name == "nan") test = a + " != " + a + " || " + b + " != " + b;
    else {
        auto found = operators.find(name);
        if (found == operators.end()) throw PtxError("unknown comparison ." + name);
        test = a + " " + found->second + " " + b;
        if (isFloat(type) && name.back() == 'u') test += " || " + a + " != " + a + " || " + b + " != " + b;
        // != of C++ holds for what is not a number, PTX's ne does not.
        if (isFloat(type) && name == "ne") test = "(" + test + ") && " + a + " == " + a + " && " + b + " == " + b;
    }
    std::string combined = "(" + test + ")", inverse = "!(" + test + ")";
    if (s.operands.size() > 3) {
        const std::string op = has("and") ? " && " : has("or") ? " || " : has("xor") ? " != " : throw PtxError("unknown combination");
        const std::string third = in(3, "pred");
        combined += op + third;
        inverse += op + third;
    }
    const auto destinations = split(operand(0), '|');
    std::string text = "bool c = " + combined + ", d = " + inverse + "; (void)d; " + write(destinations[0], "pred", "c");
    if (destinations.size() > 1) text += " " + write(destinations[1], "pred", "d");
    return text;
}

/// Functions whose hardware versions are approximate: here they are the host's, as exact as it has them.
std::string Instruction::function() {
    const std::string& n = parts[0];
    const std::string f = type == "f32" ? "f" : "";
    if (n == "rcp") return set("1 / " + in(1));
    if (n == "sqrt") return set("sqrt_(" + in(1) + ")");
    if (n == "rsqrt") return set("1 / sqrt_(" + in(1) + ")");
    if (n == "ex2") return set("__builtin_exp2" + f + "(" + in(1) + ")");
    if (n == "lg2") return set("__builtin_log2" + f + "(" + in(1) + ")");
    if (n == "sin" || n == "cos" || n == "tanh") return set("__builtin_" + n + f + "(" + in(1) + ")");
    if (n == "copysign") return set("__builtin_copysign" + f + "(" + in(2) + ", " + in(1) + ")");
    return "";
}

std::string Instruction::bitwise() {
    const std::string& n = parts[0];
    const bool pred = type == "pred";
    if (n == "and") return set(in(1) + (pred ? " && " : " & ") + in(2));
    if (n == "or") return set(in(1) + (pred ? " || " : " | ") + in(2));
    if (n == "xor") return set(in(1) + (pred ? " != " : " ^ ") + in(2));
    if (n == "not") return set((pred ? "!" : "~") + in(1));
    if (n == "cnot") return set(in(1) + " == 0");
    if (n == "shl" || n == "shr") return set(n + "_<" + cppType(type) + ">(" + in(1) + ", " + in(2, "u32") + ")");
    if (n == "shf") {
        const std::string count = has("clamp") ? "min_<u32>(" + in(3, "u32") + ", 32)" : "(" + in(3, "u32") + " & 31)";
        const std::string both = "((u64)" + in(2) + " << 32 | " + in(1) + ")";
        return set(has("l") ? both + " << " + count + " >> 32" : both + " >> " + count);
    }
    if (n == "bfe") return set("bfe_<" + cppType(type) + ">(" + in(1) + ", " + in(2, "u32") + ", " + in(3, "u32") + ")");
    if (n == "bfi") return set("bfi_<" + cppType(type) + ">(" + in(1) + ", " + in(2) + ", " + in(3, "u32") + ", " + in(4, "u32") + ")");
    if (n == "popc") return write(operand(0), "u32", type == "b64" ? "__builtin_popcountll(" + in(1) + ")" : "__builtin_popcount(" + in(1) + ")");
    if (n == "clz") return write(operand(0), "u32", type == "b64" ? in(1) + " ? __builtin_clzll(" + in(1) + ") : 64" : in(1) + " ? __builtin_clz(" + in(1) + ") : 32");
    if (n == "prmt" && parts.size() == 2) return set("prmt_(" + in(1) + ", " + in(2) + ", " + in(3) + ")");
    if (n == "lop3") return set("lop3_(" + in(1) + ", " + in(2) + ", " + in(3) + ", " + operand(4) + ")");
    return "";
}

std::string Instruction::warp() {
    const std::string& n = parts[0];
    if ((n == "bar" || n == "barrier") && has("warp"))
        return "t.calls->warp(t, WarpOperation::Sync, " + in(0, "u32") + ", 0, 0, 31, nullptr, " + line() + ");";
    if (n == "bar" || n == "barrier") {
        if (!has("sync") || s.operands.size() != 1 || operand(0) != "0") throw PtxError("unsupported barrier");
        return "t.calls->barrier(t, " + line() + ");";
    }
    if (n == "activemask") return write(operand(0), "u32", "t.calls->activeMask(t)");
    if (n == "shfl") {
        static const std::map<std::string, std::string> modes = {{"idx", "ShuffleIndex"}, {"up", "ShuffleUp"}, {"down", "ShuffleDown"}, {"bfly", "ShuffleXor"}};
        if (!has("sync")) throw PtxError("unsupported shuffle without a mask");
        const auto to = split(operand(0), '|');
        std::string text = "bool inside = false; u32 x = t.calls->warp(t, WarpOperation::" + modes.at(parts[2]) + ", " + in(4, "u32") + ", " + in(1, "u32") + ", "
            + in(2, "u32") + ", " + in(3, "u32") + ", &inside, " + line() + "); " + write(to[0], "u32", "x");
        return to.size() > 1 ? text + " " + write(to[1], "pred", "inside") : text;
    }
    if (n == "vote" && has("sync")) {
        static const std::map<std::string, std::string> modes = {{"ballot", "Ballot"}, {"any", "Any"}, {"all", "All"}, {"uni", "Uniform"}};
        auto mode = modes.find(parts[2]);
        if (mode == modes.end()) throw PtxError("unknown vote");
        return write(operand(0), mode->second == "Ballot" ? "u32" : "pred",
            "t.calls->warp(t, WarpOperation::" + mode->second + ", " + in(2, "u32") + ", " + in(1, "pred") + ", 0, 31, nullptr, " + line() + ")");
    }
    throw PtxError("unknown instruction");
}

std::string Instruction::atomic() {
    static const std::map<std::string, std::string> updates = {
        {"add", "T(o + a)"}, {"min", "min_(o, a)"}, {"max", "max_(o, a)"}, {"exch", "a"}, {"and", "T(o & a)"}, {"or", "T(o | a)"}, {"xor", "T(o ^ a)"}, {"cas", "o == a ? b : o"}};
    const size_t first = parts[0] == "atom" ? 1 : 0;
    std::string update;
    for (const std::string& p : parts) if (auto found = updates.find(p); found != updates.end()) update = found->second;
    if (update.empty()) throw PtxError("unknown atomic");
    const std::string at = address(operand(first)), t = cppType(type);
    std::string text = "using T = " + t + "; auto q = (T*)(" + (has("shared") ? "shared + " + at : at) + "); ATOMIC(q, sizeof(T), " + line() + "); T a = " + in(first + 1)
        + (has("cas") ? ", b = " + in(first + 2) : "") + "; T r = atomic_<T>(q, [&](T o) -> T { return " + (isFloat(type) && update.find('&') != std::string::npos ? "o" : update) + "; }); (void)r;";
    return first == 1 ? text + " " + write(operand(0), type, "r") : text;
}

} // namespace soft
