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

constexpr double Cases = 128, Blocks = 4;

/// A convolution with ReLU and its update. The sum's parts: as CudaScratch.Parts.
void addConvolution(std::vector<Pass>& passes, const char* layer, int C, int H, int pad, int M, int kernel, int O, const char* forward, const char* gradient, const char* weights) {
    const std::string name = layer;
    const double flops = 2.0 * C * kernel * kernel * M * O * O * Cases, x = 4.0 * C * (H + 2 * pad) * (H + 2 * pad) * Cases, y = 4.0 * M * O * O * Cases, w = 4.0 * C * kernel * kernel * M;
    const int tiles = ((C * kernel * kernel + 127) / 128) * ((M + 63) / 64), parts = std::min(64, std::min(O * O, (160 + tiles - 1) / tiles));
    passes.push_back({name + " forward", forward, flops, x + y + w});
    passes.push_back({name + " neuron", "neuron_gradient", 0, 3 * y});
    if (gradient) {
        passes.push_back({name + " weights packed", "pack_gradient_weights", 0, 2 * w});
        passes.push_back({name + " input gradient", gradient, flops, x + y + w});
    }
    passes.push_back({name + " weight gradient", weights, flops, x + y + Blocks * parts * w});
    passes.push_back({name + " parts summed", "conv_weight_gradient_sum", 0, (Blocks * parts + 1) * w});
    passes.push_back({name + " bias gradient", "bias_gradient", 0, y});
    passes.push_back({name + " update", "update", 0, 5 * w});
}

/// A response normalisation across five maps and a pooling by 3x3 of every second pixel.
void addNormalizationAndPooling(std::vector<Pass>& passes, const char* number, int C, int H, int O, bool normalized) {
    const double x = 4.0 * C * H * H * Cases, y = 4.0 * C * O * O * Cases;
    if (normalized) {
        passes.push_back({std::string("rnorm") + number + " forward", "normalize_across5", 0, 2 * x});
        passes.push_back({std::string("rnorm") + number + " input gradient", "normalize_across5_gradient", 0, 3 * x});
    }
    passes.push_back({std::string("pool") + number + " forward", "max_pool_forward", 0, x + y});
    passes.push_back({std::string("pool") + number + " input gradient", "max_pool_input_gradient", 0, 2 * x + 2 * y});
}

/// A fully connected layer by gemm.cu, with its matrices and, where it has them, ReLU and dropout. Parts of sums: as CudaScratch.Parts.
void addFullyConnected(std::vector<Pass>& passes, const char* layer, int inputs, int outputs, bool last) {
    const std::string name = layer;
    const double flops = 2.0 * inputs * outputs * Cases, w = 4.0 * inputs * outputs, x = 4.0 * inputs * Cases, y = 4.0 * outputs * Cases;
    auto parts = [](int rows, int summed) { return std::min(16, std::max(1, std::min((264 + (rows + 63) / 64 - 1) / ((rows + 63) / 64), std::max(1, summed / 256)))); };
    const int forward = parts(outputs, inputs), back = parts(inputs, outputs);
    passes.push_back({name + " to a matrix", "flatten", 0, 2 * x});
    passes.push_back({name + " forward", "sgemm_tn_64x128", flops, w + x + forward * y});
    passes.push_back({name + " from a matrix", "finish_matrix", 0, (forward + 1) * y});
    if (!last) {
        passes.push_back({name + " dropout, both ways", "dropout_mask", 0, 4 * y});
        passes.push_back({name + " neuron", "neuron_gradient", 0, 3 * y});
    }
    passes.push_back({name + " gradient to a matrix", "flatten", 0, 2 * y});
    passes.push_back({name + " input gradient", "sgemm_nn_64x128", flops, w + y + back * x});
    passes.push_back({name + " input gradient from a matrix", "finish_matrix", 0, (back + 1) * x});
    passes.push_back({name + " weight gradient and update", "fc_update_64x128", flops, 4 * w + x + y});
}

std::vector<Pass> passes() {
    std::vector<Pass> all;
    addConvolution(all, "conv1", 3, 227, 0, 48, 11, 55, "conv_taps_48x128", nullptr, "conv_weight_gradient_128x48");
    addNormalizationAndPooling(all, "1", 48, 55, 27, true);
    addConvolution(all, "conv2", 48, 27, 2, 128, 5, 27, "conv_taps_128x128", "conv_taps_48x128", "conv_weight_gradient_128x128");
    addNormalizationAndPooling(all, "2", 128, 27, 13, true);
    addConvolution(all, "conv3", 256, 13, 1, 192, 3, 13, "conv_taps_64x128", "conv_taps_128x128", "conv_weight_gradient_128x64");
    addConvolution(all, "conv4", 192, 13, 1, 192, 3, 13, "conv_taps_64x128", "conv_taps_64x128", "conv_weight_gradient_128x64");
    addConvolution(all, "conv5", 192, 13, 1, 128, 3, 13, "conv_taps_128x128", "conv_taps_64x128", "conv_weight_gradient_128x128");
    addNormalizationAndPooling(all, "5", 128, 13, 6, false);
    addFullyConnected(all, "fc6", 9216, 2048, false);
    addFullyConnected(all, "fc7", 4096, 2048, false);
    addFullyConnected(all, "fc8", 4096, 500, true);
    all.push_back({"softmax and loss", "softmax_log_loss", 0, 3 * 4.0 * 1000 * Cases});
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
    out << "\n## Predicted times\n\nEvery operation of a training step of one tower of the paper's net, 128 images: the larger of FLOP / (peak · FFMA share on sm_70) and bytes / bandwidth, with every tensor and every part of a sum read or written once. "
           "Peaks (fp32 TFLOP/s, GB/s): GTX 580 1.581, 192.4; V100 SXM2 15.7, 900; H100 SXM5 66.9, 3350 (NVIDIA's data sheets). "
           "A prediction, and a bound: nothing here was measured on a GPU. The GTX 580 (sm_20) is older than any NVRTC in use can compile for; its column says what its peaks allow. "
           "Padding to tiles, the tail of the last wave of thread blocks, launches, and what crosses between the devices are not in it.\n\n| pass | kernel | GFLOP | MB |";
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
    out << text("| **together** | | | | %.2f | %.2f | %.2f |\n", 1e3 * totals[0], 1e3 * totals[1], 1e3 * totals[2]);
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
