#include "survey.h"
#include <algorithm>
#include <cstdlib>
#include <thread>

namespace prove {

std::vector<SurveyedKernel> survey(const Sources& sources) {
    std::vector<SurveyedKernel> all;
    for (auto& [file, text] : sources) {
        if (file.substr(file.size() - 3) != ".cu") continue;
        for (int architecture : Architectures) {
            const Compiled compiled = compile(sources, file, architecture, true);
            for (const KernelCode& code : readCubin(compiled.machineCode, architecture))
                all.push_back({file, architecture, code, compiled.ptx.find(".entry " + code.name + "(") != std::string::npos});
        }
    }
    return all;
}

bool isMatrixKernel(const std::string& k) {
    return k.compare(0, 10, "conv_taps_") == 0 || k.compare(0, 22, "conv_weight_gradient_1") == 0 || k.compare(0, 6, "sgemm_") == 0 || k == "fc_update_64x128";
}

bool isAny(const std::string& k) { return k.size() > 4 && k.compare(k.size() - 4, 4, "_any") == 0; }

int threadsOf(const std::string& k) {
    if (!isMatrixKernel(k)) return 256;
    const size_t x = k.rfind('x');
    if (isAny(k) || k.compare(0, 6, "sgemm_") == 0 || k == "fc_update_64x128") return 128;
    const int right = atoi(k.c_str() + x + 1), left = atoi(k.c_str() + k.rfind('_') + 1);
    return left * right / 64;
}

double occupancy(const SurveyedKernel& k) {
    const int threads = threadsOf(k.code.name), warps = (threads + 31) / 32;
    const int shared = k.architecture >= 90 ? 228 << 10 : k.architecture >= 80 ? 164 << 10 : 96 << 10;
    const int ofWarp = (k.code.registers * 32 + 255) / 256 * 256; // registers are given to warps by 256
    int blocks = std::min({32, 64 / warps, 65536 / std::max(1, ofWarp) / warps});
    if (k.code.shared > 0) blocks = std::min(blocks, shared / k.code.shared);
    return blocks * warps / 64.0;
}

} // namespace prove
