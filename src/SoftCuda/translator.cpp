#include "translator.h"
#include "instruction.h"
#include <cstdlib>
#include <cstring>
#include <set>
#include <sstream>

namespace soft {

namespace {

/// One kernel's translation.
class KernelWriter {
public:
    KernelWriter(const Module& module, const Kernel& kernel, bool gaps) : module(module), kernel(kernel), gaps(gaps) {}

    TranslatedKernel write() {
        result.name = kernel.name;
        result.parameters = kernel.parameters;
        result.parameterBytes = kernel.parameterBytes;
        result.maxThreads = kernel.maxThreads;
        placeVariables();
        std::ostringstream out;
        out << "#include \"kernel_runtime.h\"\n" << globals.str()
            << "extern \"C\" __attribute__((visibility(\"default\"))) void soft_entry(Thread& t, const char* parameters) {\n"
            << "char* const shared = t.shared; (void)shared; (void)parameters;\n";
        for (size_t i = 0; i < kernel.body.size();) {
            if (isRow(i)) { writeRow(out, i); i += RowLength; }
            else writeStatement(out, kernel.body[i++]);
        }
        out << "}\n";
        result.source = out.str();
        return std::move(result);
    }

private:
    const Module& module;
    const Kernel& kernel;
    bool gaps;
    TranslatedKernel result;
    Names names;
    std::ostringstream globals;

    void placeVariables() {
        std::set<std::string> used;
        for (const Statement& s : kernel.body)
            for (const std::string& o : s.operands) collectNames(o, used);
        unsigned offset = 0, declared = 0;
        for (const Variable& v : module.variables) {
            if (!used.count(v.name)) continue;
            if (v.space != "shared") { placeGlobal(v); continue; }
            if (v.external) continue;
            offset = roundUp(offset, v.align < 16 ? 16 : v.align);
            declared = roundUp(declared, v.align) + (unsigned)v.size();
            names.constants[v.name] = std::to_string(offset);
            result.shared.push_back({offset, (unsigned)v.size()});
            offset += (unsigned)v.size() + (gaps ? 256 : 0);
        }
        result.sharedBytes = roundUp(offset, 16);
        result.declaredSharedBytes = declared;
        for (const Variable& v : module.variables)
            if (v.space == "shared" && v.external) names.constants[v.name] = std::to_string(result.sharedBytes);
        for (const Parameter& p : kernel.parameters) names.constants[p.name] = std::to_string(p.offset);
    }

    /// Variables of the module with contents. One copy for each library: written ones are not shared between kernels, so they are refused.
    void placeGlobal(const Variable& v) {
        if (v.space == "global") throw PtxError("kernel " + kernel.name + ": module variable " + v.name + ": only .const and .shared variables are supported");
        std::string list = v.initializer;
        globals << "alignas(16) static const " << cppType(v.type) << ' ' << cppName(v.name) << '[' << (v.count ? v.count : 1) << "] = "
                << (list.empty() ? "{}" : list.find('{') == std::string::npos ? "{" + list + "}" : list) << ";\n";
        names.constants[v.name] = "(u64)" + cppName(v.name);
    }

    static unsigned roundUp(unsigned n, unsigned to) { return (n + to - 1) / to * to; }

    static void collectNames(const std::string& operand, std::set<std::string>& into) {
        for (size_t i = 0; i < operand.size();) {
            size_t b = i;
            while (i < operand.size() && (isalnum((unsigned char)operand[i]) || strchr("_$.%", operand[i]))) i++;
            if (i > b) into.insert(operand.substr(b, i - b)); else i++;
        }
    }

    void writeStatement(std::ostringstream& out, const Statement& s) {
        switch (s.kind) {
        case Statement::Label: out << cppName(s.operation) << ":;\n"; break;
        case Statement::Open: out << "{\n"; break;
        case Statement::Close: out << "}\n"; break;
        case Statement::Registers: writeRegisters(out, s); break;
        case Statement::Local:
            out << "alignas(16) char " << cppName(s.variable.name) << '[' << s.variable.size() << "];\n";
            names.constants[s.variable.name] = "(u64)" + cppName(s.variable.name);
            break;
        case Statement::Instruction: writeInstruction(out, s); break;
        }
    }

    /// "%r<20>" declares %r0 to %r19.
    void writeRegisters(std::ostringstream& out, const Statement& s) {
        for (const std::string& operand : s.operands) {
            size_t open = operand.find('<');
            if (open == std::string::npos) {
                names.registers[operand] = s.operation;
                out << cppType(s.operation) << ' ' << cppName(operand) << ";\n";
                continue;
            }
            std::string stem = operand.substr(0, open);
            unsigned count = (unsigned)strtoul(operand.c_str() + open + 1, nullptr, 10);
            for (unsigned i = 1; i < count; i++) {
                std::string name = stem + std::to_string(i);
                names.registers[name] = s.operation;
                out << cppType(s.operation) << ' ' << cppName(name) << ";\n";
            }
        }
    }

    /// A row of a matrix product's tile: one number times eight others, added to eight sums. The host's compiler finds the vector in it only where nothing
    /// complicated follows, and it is where a kernel's time goes.
    static constexpr size_t RowLength = 8;

    bool isRow(size_t first) const {
        if (first + RowLength > kernel.body.size()) return false;
        std::set<std::string> written;
        for (size_t i = first; i < first + RowLength; i++) {
            const Statement& s = kernel.body[i];
            if (s.kind != Statement::Instruction || s.operation != "fma.rn.f32" || !s.guard.empty() || s.operands.size() != 4 || s.operands[1] != kernel.body[first].operands[1]) return false;
            for (size_t o = 0; o < 4; o++) {
                auto found = names.registers.find(s.operands[o]);
                if (found == names.registers.end() || found->second != "f32" || written.count(s.operands[o])) return false;
            }
            written.insert(s.operands[0]);
        }
        return true;
    }

    void writeRow(std::ostringstream& out, size_t first) {
        std::string factors, sums, results;
        for (size_t i = 0; i < RowLength; i++) {
            const std::vector<std::string>& o = kernel.body[first + i].operands;
            factors += (i ? ", " : "") + cppName(o[2]);
            sums += (i ? ", " : "") + cppName(o[3]);
            results += " " + cppName(o[0]) + " = r[" + std::to_string(i) + "];";
        }
        out << "{ const f32x8 r = fma8_(" << cppName(kernel.body[first].operands[1]) << ", f32x8{" << factors << "}, f32x8{" << sums << "});" << results << " }\n";
    }

    void writeInstruction(std::ostringstream& out, const Statement& s) {
        Instruction instruction(s, names);
        std::string text;
        try {
            text = instruction.toCpp();
        } catch (const PtxError& e) {
            std::string operands;
            for (const std::string& o : s.operands) operands += (operands.empty() ? " " : ", ") + o;
            throw PtxError(std::string(e.what()) + ": '" + s.operation + operands + "' in kernel " + kernel.name + ", PTX line " + std::to_string(s.ptxLine)
                + (s.line ? ", " + module.file + " line " + std::to_string(s.line) : ""));
        }
        result.cooperates |= instruction.cooperates();
        if (!s.guard.empty()) {
            bool negated = s.guard[0] == '!';
            out << "if (" << (negated ? "!" : "") << cppName(s.guard.substr(negated ? 1 : 0)) << ") ";
        }
        out << "{ " << text << " }\n";
    }
};

} // namespace

std::vector<TranslatedKernel> translate(const Module& module, bool gaps) {
    std::vector<TranslatedKernel> kernels;
    for (const Kernel& kernel : module.kernels) kernels.push_back(KernelWriter(module, kernel, gaps).write());
    return kernels;
}

} // namespace soft
