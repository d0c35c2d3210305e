#include "prove.h"
#include "survey.h"
#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace prove {

namespace {

std::string text(const char* format, ...) {
    char buffer[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(buffer, sizeof buffer, format, arguments);
    va_end(arguments);
    return buffer;
}

/// Peaks for fp32, from NVIDIA's data sheets: GeForce GTX 580 (2010), Tesla V100 SXM2 (2017), H100 SXM5 (2022).
struct Device {
    const char* name;
    double flops, bandwidth;
};
const Device Devices[] = {{"GTX 580", 1.581e12, 192.4e9}, {"V100", 15.7e12, 900e9}, {"H100", 66.9e12, 3350e9}};

/// One pass of a layer of the paper's net, one tower, 128 images. Bytes: every tensor once, as stored.
struct Pass {
    std::string name, kernel;
    double flops, bytes;
};

void addConvolution(std::vector<Pass>& passes, const char* name, int C, int H, int pad, int M, int kernel, int O, const char* forward, const char* gradient, const char* weights) {
    constexpr double N = 128;
    const double flops = 2.0 * C * kernel * kernel * M * O * O * N, x = 4.0 * C * (H + 2 * pad) * (H + 2 * pad) * N, y = 4.0 * M * O * O * N, w = 4.0 * C * kernel * kernel * M;
    passes.push_back({std::string(name) + " forward", forward, flops, x + y + w});
    if (gradient) passes.push_back({std::string(name) + " input gradient", gradient, flops, x + y + w});
    passes.push_back({std::string(name) + " weight gradient", weights, flops, x + y + w});
}

void addFullyConnected(std::vector<Pass>& passes, const char* name, int inputs, int outputs) {
    constexpr double N = 128;
    const double flops = 2.0 * inputs * outputs * N, w = 4.0 * inputs * outputs, activations = 4.0 * (inputs + outputs) * N;
    passes.push_back({std::string(name) + " forward", "sgemm_tn_64x128", flops, w + activations});
    passes.push_back({std::string(name) + " input gradient", "sgemm_nn_64x128", flops, w + activations});
    passes.push_back({std::string(name) + " update", "fc_update_64x128", flops, 4 * w + activations});
}

std::vector<Pass> passes() {
    constexpr double N = 128, conv1 = 4.0 * 48 * 55 * 55 * N, pool1 = 4.0 * 48 * 27 * 27 * N;
    std::vector<Pass> all;
    addConvolution(all, "conv1", 3, 227, 0, 48, 11, 55, "conv_taps_48x128", nullptr, "conv_weight_gradient_128x48");
    all.push_back({"rnorm1 forward", "normalize_across5", 0, 2 * pool1});
    all.push_back({"rnorm1 input gradient", "normalize_across5_gradient", 0, 3 * pool1});
    all.push_back({"pool1 forward", "max_pool_forward", 0, conv1 + pool1});
    all.push_back({"pool1 input gradient", "max_pool_input_gradient", 0, 2 * conv1 + 2 * pool1});
    addConvolution(all, "conv2", 48, 27, 2, 128, 5, 27, "conv_taps_128x128", "conv_taps_48x128", "conv_weight_gradient_128x128");
    addConvolution(all, "conv3", 256, 13, 1, 192, 3, 13, "conv_taps_64x128", "conv_taps_128x128", "conv_weight_gradient_128x64");
    addConvolution(all, "conv4", 192, 13, 1, 192, 3, 13, "conv_taps_64x128", "conv_taps_64x128", "conv_weight_gradient_128x64");
    addConvolution(all, "conv5", 192, 13, 1, 128, 3, 13, "conv_taps_128x128", "conv_taps_64x128", "conv_weight_gradient_128x128");
    addFullyConnected(all, "fc6", 9216, 2048);
    addFullyConnected(all, "fc7", 4096, 2048);
    addFullyConnected(all, "fc8", 4096, 500);
    return all;
}

void writeCode(std::ostringstream& out, const std::vector<SurveyedKernel>& kernels) {
    out << "## Machine code\n\nFFMA: share of the fused multiply-adds among all instructions of the main loop (the loop with most of them; control words of sm_52 are not counted). "
           "Occupancy: warps that a multiprocessor can hold by registers and shared memory, of 64. No kernel uses local memory: nothing is spilled.\n\n"
           "| kernel | threads | registers sm_52/70/80/90 | shared memory, bytes | occupancy, % | FFMA, % | LDS.128 of LDS, LDG.128 of LDG, sm_70 |\n|---|--:|---|--:|---|---|---|\n";
    std::vector<std::string> names;
    for (const SurveyedKernel& k : kernels) if (std::find(names.begin(), names.end(), k.code.name) == names.end()) names.push_back(k.code.name);
    for (const std::string& name : names) {
        std::string registers, full, share, loads = "";
        int shared = 0;
        for (const SurveyedKernel& k : kernels) {
            if (k.code.name != name) continue;
            const char* slash = registers.empty() ? "" : "/";
            registers += text("%s%d", slash, k.code.registers);
            full += text("%s%.0f", slash, 100 * occupancy(k));
            share += text("%s%.0f", slash, 100 * k.code.loop.share());
            shared = k.shared();
            if (k.architecture == 70) loads = text("%d of %d, %d of %d", k.code.loop.sharedLoads128, k.code.loop.sharedLoads, k.code.loop.globalLoads128, k.code.loop.globalLoads);
        }
        const bool matrix = isMatrixKernel(name);
        out << text("| `%s` | %d | %s | %d | %s | %s | %s |\n", name.c_str(), threadsOf(name), registers.c_str(), shared, full.c_str(), matrix ? share.c_str() : "", matrix ? loads.c_str() : "");
    }
}

void writeRoofline(std::ostringstream& out, const std::vector<SurveyedKernel>& kernels) {
    out << "\n## Predicted times\n\nFor one tower of the paper's net, 128 images: the larger of FLOP / (peak · FFMA share on sm_70) and bytes / bandwidth, with every tensor read or written once. "
           "Peaks (fp32 TFLOP/s, GB/s): GTX 580 1.581, 192.4; V100 SXM2 15.7, 900; H100 SXM5 66.9, 3350 (NVIDIA's data sheets). "
           "A prediction, and a bound: nothing here was measured on a GPU. The GTX 580 (sm_20) is older than any NVRTC in use can compile for; its column says what its peaks allow. "
           "Padding to tiles, the tail of the last wave of thread blocks and launches are not in it.\n\n| pass | kernel | GFLOP | MB |";
    for (const Device& d : Devices) out << ' ' << d.name << ", ms |";
    out << "\n|---|---|--:|--:|--:|--:|--:|\n";
    double totals[3] = {0, 0, 0};
    for (const Pass& p : passes()) {
        auto found = std::find_if(kernels.begin(), kernels.end(), [&](const SurveyedKernel& k) { return k.architecture == 70 && k.code.name == p.kernel; });
        if (found == kernels.end()) throw std::runtime_error("no kernel " + p.kernel);
        out << text("| %s | `%s` | %.2f | %.1f |", p.name.c_str(), p.kernel.c_str(), p.flops / 1e9, p.bytes / 1e6);
        for (int d = 0; d < 3; d++) {
            const double seconds = std::max(p.flops > 0 ? p.flops / (Devices[d].flops * found->code.loop.share()) : 0, p.bytes / Devices[d].bandwidth);
            totals[d] += seconds;
            out << text(" %.3f |", 1e3 * seconds);
        }
        out << "\n";
    }
    out << text("| **these passes together** | | | | %.2f | %.2f | %.2f |\n", 1e3 * totals[0], 1e3 * totals[1], 1e3 * totals[2]);
}

} // namespace

std::string reportOf(const std::vector<SurveyedKernel>& kernels) {
    std::ostringstream out;
    out << "# The CUDA kernels in figures\n\nWritten by `scripts/soft-cuda.sh --report`; not to be changed by hand. Compiler: NVRTC " << compilerVersion()
        << ". All figures are read from the machine code (CUBIN) that it makes.\n\n";
    writeCode(out, kernels);
    writeRoofline(out, kernels);
    return out.str();
}

int writeReport(const Sources& sources, const std::string& path) {
    const auto kernels = survey(sources);
    std::ofstream out(path);
    if (!out) throw std::runtime_error("cannot write " + path);
    out << reportOf(kernels);
    printf("%zu kernels x architectures: %s\n", kernels.size(), path.c_str());
    return 0;
}

} // namespace prove
