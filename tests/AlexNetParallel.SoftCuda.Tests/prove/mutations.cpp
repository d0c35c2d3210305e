#include "prove.h"
#include "cases.h"
#include <cstdio>
#include <stdexcept>

namespace prove {

namespace {

/// A change of a source, and a kernel that must show it.
struct SourceMutation {
    std::string file, what;
    Sources sources;
    std::vector<std::string> kernels;
};

void replaceNth(std::string& text, const std::string& from, const std::string& to, int n) {
    size_t at = text.find(from);
    for (int i = 0; i < n && at != std::string::npos; i++) at = text.find(from, at + 1);
    if (at == std::string::npos) throw std::runtime_error("no '" + from + "' to change");
    text.replace(at, from.size(), to);
}

int count(const std::string& text, const std::string& what) {
    int n = 0;
    for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) n++;
    return n;
}

/// The kernels in which a file's barriers and buffers are. tile.cuh: one of each of its users' kinds.
std::vector<std::string> usersOf(const std::string& file) {
    if (file == "tile.cuh") return {"conv_taps_32x128", "conv_weight_gradient_128x32", "sgemm_nn_any"};
    if (file == "bias_gradient.cu") return {"bias_gradient"};
    if (file == "softmax.cu") return {"softmax_log_loss"};
    if (file == "input.cu") return {"input_stage"};
    if (file == "conv_pack.cu") return {"pack_gradient_weights"};
    throw std::runtime_error(file + " has a barrier, and no kernel is named here that must show its absence");
}

std::vector<SourceMutation> sourceMutations(const Sources& sources) {
    std::vector<SourceMutation> all;
    auto add = [&](const std::string& file, const std::string& from, const std::string& to, int n, const std::string& what) {
        SourceMutation m{file, what, sources, usersOf(file)};
        replaceNth(m.sources[file], from, to, n);
        all.push_back(m);
    };
    for (auto& [file, text] : sources)
        for (int n = 0; n < count(text, "__syncthreads();"); n++) add(file, "__syncthreads();", "", n, "barrier " + std::to_string(n + 1) + " deleted");
    add("tile.cuh", "float a[2][BK]", "float a[1][BK]", 0, "a[2] shortened to a[1]");
    add("tile.cuh", "float b[2][BK]", "float b[1][BK]", 0, "b[2] shortened to b[1]");
    add("bias_gradient.cu", "sums[256]", "sums[255]", 0, "sums[256] shortened to sums[255]");
    add("softmax.cu", "float maxima[Warps]", "float maxima[Warps - 1]", 0, "maxima shortened by a row");
    add("softmax.cu", "double sums[Warps]", "double sums[Warps - 1]", 0, "sums shortened by a row");
    add("softmax.cu", "int larger[Warps]", "int larger[Warps - 1]", 0, "larger shortened by a row");
    add("softmax.cu", "equal[Warps]", "equal[Warps - 1]", 0, "equal shortened by a row");
    add("input.cu", "tile[32][33]", "tile[31][33]", 0, "tile shortened by a row");
    add("conv_pack.cu", "tile[32][33]", "tile[31][33]", 0, "tile shortened by a row");
    return all;
}

} // namespace

int proveMutations(const Sources& sources) {
    const std::vector<Case> cases = allCases();
    std::map<std::string, std::string> modules;
    for (const Case& c : cases) if (!modules.count(c.file)) modules[c.file] = compile(sources, c.file, 70, false).ptx;
    int done = 0, missed = 0, faults = 0;
    auto judge = [&](const Case& c, const Outcome& good, const Outcome& changed, const std::string& what) {
        done++;
        faults += !changed.fault.empty();
        if (differs(good, changed)) return;
        missed++;
        printf("NOT CAUGHT: %s: %s\n", c.kernel.c_str(), what.c_str());
    };

    std::map<std::string, Outcome> good;
    for (const Case& c : cases) {
        const Outcome plain = run(c, modules[c.file]);
        if (!plain.fault.empty()) throw std::runtime_error(c.kernel + " unchanged: " + plain.fault);
        if (differs(plain, run(c, modules[c.file]))) throw std::runtime_error(c.kernel + " gives other numbers the second time");
        good[c.kernel] = plain;
        for (int b = 0; b < (int)c.buffers.size(); b++) {
            if (!c.buffers[(size_t)b].chosen) continue;
            // The last element: 4 bytes, of double and byte buffers one of them.
            const int element = c.buffers[(size_t)b].name == "pixels" ? 1 : c.buffers[(size_t)b].name == "results" ? 8 : 4;
            judge(c, plain, run(c, modules[c.file], {b, element, 0}), c.buffers[(size_t)b].name + " shortened");
            judge(c, plain, run(c, modules[c.file], {b, 0, 4}), c.buffers[(size_t)b].name + " shifted by 4 bytes");
        }
    }
    const int ofBuffers = done;
    int barriers = 0;
    for (const SourceMutation& m : sourceMutations(sources)) {
        for (const std::string& kernel : m.kernels) {
            for (const Case& c : cases) {
                if (c.kernel != kernel) continue;
                const Outcome plain = run(c, modules[c.file]);
                judge(c, plain, run(c, compile(m.sources, c.file, 70, false).ptx), m.file + ": " + m.what);
                barriers += m.what.compare(0, 7, "barrier") == 0;
                break;
            }
        }
    }
    printf("%d mutations, %d caught (%d by a fault of the checker, the others by their numbers): %d of global buffers shortened or pointers shifted, %d barriers deleted, %d shared buffers shortened\n",
        done, done - missed, faults, ofBuffers, barriers, done - ofBuffers - barriers);
    return missed;
}

} // namespace prove
