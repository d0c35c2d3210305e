// prove mutations KERNELS DRIVER | budgets KERNELS [REPORT] | report KERNELS FILE | driver DRIVER
#include "device.h"
#include "prove.h"
#include <cstdio>
#include <cstdlib>
#include <exception>

int main(int count, char** words) {
    const std::string what = count > 1 ? words[1] : "";
    if (count < 3) return fprintf(stderr, "usage: prove mutations KERNELS DRIVER | budgets KERNELS [REPORT] | report KERNELS FILE | driver DRIVER\n"), 2;
    try {
        if (what == "driver") {
            setenv("SOFTCUDA_CHECK", "1", 1);
            setenv("SOFTCUDA_DELAY", "2000", 1);
            prove::openDriver(words[2]);
            return prove::proveDriver(words[0], words[2]) != 0;
        }
        if (what == "outside" && count == 4) {
            prove::openDriver(words[2]);
            return prove::writeFromOutside(words[3]);
        }
        const prove::Sources sources = prove::readSources(words[2]);
        if (what == "mutations" && count == 4) {
            setenv("SOFTCUDA_CHECK", "1", 1);
            prove::openDriver(words[3]);
            return prove::proveMutations(sources) != 0;
        }
        if (what == "budgets") return prove::proveBudgets(sources, count == 4 ? words[3] : "") != 0;
        if (what == "report" && count == 4) return prove::writeReport(sources, words[3]);
        return 2;
    } catch (const std::exception& e) {
        fprintf(stderr, "%s\n", e.what());
        return 1;
    }
}
