#include "cubin.h"
#include "prove.h"
#include "survey.h"
#include <cstdio>
#include <fstream>
#include <sstream>

namespace prove {

namespace {

/// Most registers and bytes of shared memory on any of the architectures. Registers decide how many thread blocks a multiprocessor holds: 65536 of them, so
/// 128 let two blocks of 256 threads stay, 168 three of 128.
struct Budget {
    const char* kernel;
    int registers, shared;
};

const Budget Budgets[] = {
    {"conv_taps_128x128", 128, 16384}, {"conv_taps_64x128", 168, 12288}, {"conv_taps_48x128", 168, 11264}, {"conv_taps_32x128", 168, 10240}, {"conv_taps_any", 168, 12288},
    {"conv_weight_gradient_128x128", 128, 16896}, {"conv_weight_gradient_128x64", 168, 12800}, {"conv_weight_gradient_128x48", 168, 11776}, {"conv_weight_gradient_128x32", 200, 10752},
    {"sgemm_tn_64x128", 168, 12288}, {"sgemm_tn_any", 168, 12288}, {"sgemm_nn_64x128", 168, 12544}, {"sgemm_nn_any", 168, 12544}, {"sgemm_nt_64x128", 168, 12800}, {"fc_update_64x128", 168, 12800},
    {"max_pool_input_gradient", 64, 0}, {"normalize_across5_gradient", 96, 0}, {"normalize_same", 64, 0}, {"softmax_log_loss", 64, 5120},
    {"bias_gradient", 64, 1024}, {"pack_gradient_weights", 64, 4224}, {"input_stage", 64, 4224},
};

/// For all kernels that the table does not name: bound by memory, eight warps of 256 threads and four blocks at least.
constexpr Budget Other{"", 64, 0};

const Budget& budgetOf(const std::string& kernel) {
    for (const Budget& b : Budgets) if (kernel == b.kernel) return b;
    return Other;
}

} // namespace

int proveBudgets(const Sources& sources, const std::string& report) {
    int failures = 0, kernels = 0;
    auto fail = [&](const SurveyedKernel& k, const std::string& what) {
        failures++;
        printf("sm_%d %s: %s\n", k.architecture, k.code.name.c_str(), what.c_str());
    };
    const auto surveyed = survey(sources);
    for (const SurveyedKernel& k : surveyed) {
        kernels++;
        if (!k.hasPtx) fail(k, "not in the module's PTX");
        const Budget& budget = budgetOf(k.code.name);
        if (k.code.stack != 0 || k.code.localAccesses != 0)
            fail(k, std::to_string(k.code.stack) + " bytes of local memory, " + std::to_string(k.code.localAccesses) + " accesses: registers are spilled");
        if (k.code.registers > budget.registers) fail(k, std::to_string(k.code.registers) + " registers, the budget is " + std::to_string(budget.registers));
        if (k.shared() > budget.shared) fail(k, std::to_string(k.shared()) + " bytes of shared memory, the budget is " + std::to_string(budget.shared));
        if (!isMatrixKernel(k.code.name)) continue;
        const Loop& loop = k.code.loop;
        if (loop.share() < 0.70) fail(k, "FFMA are " + std::to_string(100 * loop.share()) + " % of the main loop, less than 70 %");
        if (loop.fma != 512) fail(k, std::to_string(loop.fma) + " FFMA in the main loop, 8 x 8 x 8 are expected");
        if (loop.sharedLoads128 != loop.sharedLoads) fail(k, "loads from shared memory that are not of 128 bits");
        if (loop.globalLoads128 < (isAny(k.code.name) ? 1 : 2)) fail(k, "too few loads of 128 bits from global memory");
    }
    if (!report.empty()) {
        std::ifstream in(report);
        std::ostringstream written;
        written << in.rdbuf();
        const bool sameCompiler = written.str().find("Compiler: NVRTC " + compilerVersion() + ".") != std::string::npos;
        if (sameCompiler && written.str() != reportOf(surveyed)) {
            failures++;
            printf("%s is not what the kernels are now: scripts/soft-cuda.sh --report writes it again\n", report.c_str());
        }
    }
    printf("%d kernels x architectures compiled to PTX and machine code, %d failures\n", kernels, failures);
    return failures;
}

} // namespace prove
