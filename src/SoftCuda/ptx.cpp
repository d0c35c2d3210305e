#include "ptx.h"
#include <cctype>
#include <cstdlib>

namespace soft {

unsigned sizeOfType(const std::string& type) {
    if (type == "pred") return 1;
    unsigned bits = 0;
    for (char c : type) if (isdigit((unsigned char)c)) bits = bits * 10 + unsigned(c - '0');
    if (bits == 0) throw PtxError("unknown type ." + type);
    return bits / 8;
}

namespace {

/// Walks the text. Comments are blanks already.
class Parser {
public:
    explicit Parser(std::string source) : text(std::move(source)) { blankComments(); }

    Module parse() {
        for (skip(); at < text.size(); skip()) {
            std::string word = peekWord();
            if (word == ".version" || word == ".target" || word == ".address_size") restOfLine();
            else if (word == ".file") parseFile(restOfLine());
            else if (word == ".section") { until('{'); at++; until('}'); at++; }
            else if (word == ".pragma") { until(';'); at++; }
            else if (isVariableStart(word)) parseVariable(module.variables);
            else parseFunction();
        }
        return std::move(module);
    }

private:
    std::string text;
    size_t at = 0;
    Module module;

    void blankComments() {
        for (size_t i = 0; i + 1 < text.size(); i++) {
            if (text[i] == '"') { for (i++; i < text.size() && text[i] != '"'; i++) {} continue; }
            if (text[i] == '/' && text[i + 1] == '/') while (i < text.size() && text[i] != '\n') text[i++] = ' ';
            else if (text[i] == '/' && text[i + 1] == '*') {
                size_t end = text.find("*/", i + 2);
                if (end == std::string::npos) throw PtxError("a comment does not end");
                for (; i < end + 2; i++) if (text[i] != '\n') text[i] = ' ';
            }
        }
    }

    void skip() { while (at < text.size() && isspace((unsigned char)text[at])) at++; }
    static bool isWord(char c) { return isalnum((unsigned char)c) || c == '_' || c == '$' || c == '.' || c == '%'; }
    std::string peekWord() { skip(); size_t end = at; while (end < text.size() && isWord(text[end])) end++; return text.substr(at, end - at); }
    std::string word() { std::string w = peekWord(); at += w.size(); return w; }
    std::string restOfLine() { size_t end = text.find('\n', at); if (end == std::string::npos) end = text.size(); std::string r = text.substr(at, end - at); at = end; return r; }
    void until(char c) { at = text.find(c, at); if (at == std::string::npos) fail(std::string("'") + c + "' is missing"); }
    char peek() { skip(); return at < text.size() ? text[at] : '\0'; }
    void expect(char c) { if (peek() != c) fail(std::string("expected '") + c + "', found '" + text.substr(at, 20) + "'"); at++; }
    int lineNumber() const { int line = 1; for (size_t i = 0; i < at && i < text.size(); i++) line += text[i] == '\n'; return line; }
    [[noreturn]] void fail(const std::string& what) { if (at > text.size()) at = text.size(); throw PtxError("PTX line " + std::to_string(lineNumber()) + ": " + what); }

    void parseFile(const std::string& line) {
        size_t open = line.find('"'), close = line.rfind('"');
        if (module.file.empty() && open != std::string::npos && close > open) module.file = line.substr(open + 1, close - open - 1);
    }

    static bool isVariableStart(const std::string& w) { return w == ".global" || w == ".const" || w == ".shared" || w == ".local" || w == ".extern" || w == ".visible" || w == ".weak"; }

    /// .visible .entry stays a function: only looks ahead.
    void parseVariable(std::vector<Variable>& into) {
        size_t start = at;
        Variable v;
        for (std::string w = peekWord(); !w.empty() && w[0] == '.'; w = peekWord()) {
            at += w.size();
            std::string name = w.substr(1);
            if (name == "entry" || name == "func") { at = start; parseFunction(); return; }
            if (name == "extern") v.external = true;
            else if (name == "align") v.align = (unsigned)strtoul(word().c_str(), nullptr, 10);
            else if (name == "global" || name == "const" || name == "shared" || name == "local") v.space = name;
            else if (name != "visible" && name != "weak") { v.type = name; v.elementSize = sizeOfType(name); }
        }
        v.name = word();
        if (peek() == '[') {
            at++;
            std::string n = word();
            v.count = n.empty() ? 0 : strtoul(n.c_str(), nullptr, 10);
            expect(']');
        }
        if (peek() == '=') { size_t from = ++at; until(';'); v.initializer = text.substr(from, at - from); }
        expect(';');
        into.push_back(v);
    }

    void parseFunction() {
        Kernel kernel;
        std::string w = word();
        while (w == ".visible" || w == ".weak" || w == ".extern") w = word();
        if (w == ".func") fail("functions that are not inlined (.func) are not supported; mark them __forceinline__");
        if (w != ".entry") fail("unknown directive '" + (w.empty() ? text.substr(at, 20) : w) + "'");
        kernel.name = word();
        if (peek() == '(') { at++; parseParameters(kernel); }
        for (w = peekWord(); !w.empty() && w[0] == '.'; w = peekWord()) {
            at += w.size();
            std::string values;
            while (peek() != '{' && peek() != '.') values += text[at++];
            if (w == ".maxntid") {
                kernel.maxThreads = 1;
                for (const char* p = values.c_str(); *p;) { if (isdigit((unsigned char)*p)) { char* end; kernel.maxThreads *= (unsigned)strtoul(p, &end, 10); p = end; } else p++; }
            }
        }
        expect('{');
        parseBody(kernel);
        module.kernels.push_back(std::move(kernel));
    }

    void parseParameters(Kernel& kernel) {
        while (peek() != ')') {
            unsigned align = 0, element = 4;
            std::string w = word();
            for (; !w.empty() && w[0] == '.'; w = word()) {
                if (w == ".param" || w == ".ptr" || w == ".global" || w == ".const" || w == ".shared") continue;
                if (w == ".align") align = (unsigned)strtoul(word().c_str(), nullptr, 10);
                else element = sizeOfType(w.substr(1));
            }
            unsigned count = 1;
            if (peek() == '[') { at++; count = (unsigned)strtoul(word().c_str(), nullptr, 10); expect(']'); }
            if (align == 0) align = element;
            unsigned offset = (kernel.parameterBytes + align - 1) / align * align;
            kernel.parameters.push_back({w, element * count, offset});
            kernel.parameterBytes = offset + element * count;
            if (peek() == ',') at++;
        }
        at++;
    }

    void parseBody(Kernel& kernel) {
        int depth = 1, line = 0;
        for (;;) {
            if (peek() == '\0') fail("kernel " + kernel.name + " does not end");
            Statement s{};
            s.ptxLine = lineNumberFast();
            s.line = line;
            char c = peek();
            if (c == '{') { at++; depth++; s.kind = Statement::Open; }
            else if (c == '}') { at++; if (--depth == 0) return; s.kind = Statement::Close; }
            else {
                std::string w = peekWord();
                if (w == ".loc") { line = lineOf(restOfLine()); continue; }
                if (w == ".pragma" || w == ".file") { restOfLine(); continue; }
                if (w == ".reg") { parseRegisters(s); }
                else if (isVariableStart(w)) {
                    std::vector<Variable> one;
                    parseVariable(one);
                    if (one[0].space == "shared") { module.variables.push_back(one[0]); continue; }
                    s.kind = Statement::Local;
                    s.variable = one[0];
                }
                else if (isLabel(w)) { s.kind = Statement::Label; s.operation = w; at += w.size(); expect(':'); }
                else parseInstruction(s);
            }
            kernel.body.push_back(std::move(s));
        }
    }

    size_t countedTo = 0; int counted = 1;
    int lineNumberFast() { for (; countedTo < at; countedTo++) counted += text[countedTo] == '\n'; return counted; }

    bool isLabel(const std::string& w) { size_t i = at + w.size(); while (i < text.size() && (text[i] == ' ' || text[i] == '\t')) i++; return !w.empty() && i < text.size() && text[i] == ':'; }

    /// ".loc 1 20 5, function_name $L__x, inlined_at 1 77 3": the line of the code itself.
    static int lineOf(const std::string& loc) { unsigned file = 0, line = 0; sscanf(loc.c_str(), " .loc %u %u", &file, &line); return (int)line; }

    void parseRegisters(Statement& s) {
        word();
        s.kind = Statement::Registers;
        s.operation = word().substr(1);
        std::string rest;
        size_t from = at;
        until(';');
        rest = text.substr(from, at - from);
        at++;
        for (size_t i = 0; i < rest.size();) {
            while (i < rest.size() && (isspace((unsigned char)rest[i]) || rest[i] == ',')) i++;
            size_t b = i;
            while (i < rest.size() && rest[i] != ',' && !isspace((unsigned char)rest[i])) i++;
            if (i > b) s.operands.push_back(rest.substr(b, i - b));
        }
    }

    void parseInstruction(Statement& s) {
        s.kind = Statement::Instruction;
        if (peek() == '@') { at++; if (text[at] == '!') { s.guard = "!"; at++; } s.guard += word(); }
        s.operation = word();
        if (s.operation.empty()) fail("expected an instruction, found '" + text.substr(at, 20) + "'");
        size_t from = at;
        until(';');
        std::string rest = text.substr(from, at - from);
        at++;
        std::string current;
        int depth = 0;
        for (char c : rest + ",") {
            if (c == '{' || c == '[' || c == '(') depth++;
            if (c == '}' || c == ']' || c == ')') depth--;
            if (c == ',' && depth == 0) { trim(current); if (!current.empty()) s.operands.push_back(current); current.clear(); }
            else current += c;
        }
    }

    static void trim(std::string& s) {
        while (!s.empty() && isspace((unsigned char)s.back())) s.pop_back();
        size_t i = 0;
        while (i < s.size() && isspace((unsigned char)s[i])) i++;
        s.erase(0, i);
    }
};

} // namespace

Module parsePtx(const std::string& text) { return Parser(text).parse(); }

} // namespace soft
