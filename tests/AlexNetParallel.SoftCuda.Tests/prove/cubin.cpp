#include "cubin.h"
#include <cstdint>
#include <cstring>
#include <elf.h>
#include <map>
#include <stdexcept>

namespace prove {

namespace {

enum class Kind { Other, Fma, LoadShared, LoadGlobal, StoreShared, Local, Branch };

struct Instruction {
    long address;
    Kind kind = Kind::Other;
    bool wide = false; // 128 bits
    long target = 0;   // Branch
};

Instruction decode5(long address, uint64_t w) {
    Instruction i{address};
    const unsigned top = (unsigned)(w >> 48);
    if ((top & 0xff80) == 0x5980 || (top & 0xff80) == 0x4980 || (top & 0xff80) == 0x5180 || (top & 0xfe80) == 0x3280) i.kind = Kind::Fma;
    else if ((top & 0xfff8) == 0xef48) i.kind = Kind::LoadShared;
    else if ((top & 0xfff8) == 0xef58) i.kind = Kind::StoreShared;
    else if ((top & 0xfff8) == 0xeed0) i.kind = Kind::LoadGlobal;
    else if ((top & 0xfff8) == 0xef40 || (top & 0xfff8) == 0xef50) i.kind = Kind::Local;
    else if ((top & 0xfff0) == 0xe240) {
        i.kind = Kind::Branch;
        i.target = address + 8 + ((int32_t)((uint32_t)(w >> 20) << 8) >> 8);
    }
    i.wide = (top & 7) == 6;
    return i;
}

Instruction decode7(long address, uint64_t low, uint64_t high, bool hopper) {
    Instruction i{address};
    switch (low & 0xfff) {
    case 0x223: case 0x423: case 0x623: case 0x823: case 0xa23: i.kind = Kind::Fma; break;
    case 0x984: i.kind = Kind::LoadShared; break;
    case 0x388: i.kind = Kind::StoreShared; break;
    case 0x381: case 0x981: i.kind = Kind::LoadGlobal; break;
    case 0x983: case 0x387: i.kind = Kind::Local; break;
    case 0x947:
        i.kind = Kind::Branch;
        i.target = address + 16 + (hopper ? ((long)((int64_t)low >> 34) * 256 + (long)(low >> 16 & 0xff)) * 4 : (long)(int32_t)(low >> 32));
        break;
    }
    i.wide = (high >> 9 & 7) == 6;
    return i;
}

std::vector<Instruction> decode(const char* code, size_t bytes, int architecture) {
    std::vector<Instruction> all;
    for (size_t at = 0; at + 8 <= bytes; at += architecture < 70 ? 8 : 16) {
        uint64_t words[2] = {0, 0};
        memcpy(words, code + at, architecture < 70 ? 8 : 16);
        if (architecture >= 70) all.push_back(decode7((long)at, words[0], words[1], architecture >= 90));
        else if (at % 32 != 0) all.push_back(decode5((long)at, words[0]));
    }
    return all;
}

/// Of all loops (from a branch's target back to the branch) the one with most FFMA; of equal ones the shorter.
Loop mainLoop(const std::vector<Instruction>& code) {
    Loop best;
    for (const Instruction& branch : code) {
        if (branch.kind != Kind::Branch || branch.target >= branch.address || branch.target < 0) continue;
        Loop loop;
        for (const Instruction& i : code) {
            if (i.address < branch.target || i.address > branch.address) continue;
            loop.instructions++;
            loop.fma += i.kind == Kind::Fma;
            loop.sharedLoads += i.kind == Kind::LoadShared;
            loop.sharedLoads128 += i.kind == Kind::LoadShared && i.wide;
            loop.globalLoads += i.kind == Kind::LoadGlobal;
            loop.globalLoads128 += i.kind == Kind::LoadGlobal && i.wide;
            loop.sharedStores += i.kind == Kind::StoreShared;
        }
        if (loop.fma > best.fma || (loop.fma == best.fma && loop.fma > 0 && loop.instructions < best.instructions)) best = loop;
    }
    return best;
}

} // namespace

std::vector<KernelCode> readCubin(const std::string& image, int architecture) {
    if (image.size() < sizeof(Elf64_Ehdr) || memcmp(image.data(), ELFMAG, SELFMAG) != 0) throw std::runtime_error("not a CUBIN");
    const auto* header = (const Elf64_Ehdr*)image.data();
    const auto* sections = (const Elf64_Shdr*)(image.data() + header->e_shoff);
    const char* names = image.data() + sections[header->e_shstrndx].sh_offset;
    std::map<std::string, KernelCode> kernels;
    std::vector<std::string> symbols;
    const Elf64_Shdr* info = nullptr;
    for (int s = 0; s < header->e_shnum; s++) {
        const Elf64_Shdr& section = sections[s];
        const std::string name = names + section.sh_name;
        if (name.compare(0, 6, ".text.") == 0) {
            KernelCode& k = kernels[name.substr(6)];
            k.name = name.substr(6);
            k.registers = (int)(section.sh_info >> 24);
            const auto code = decode(image.data() + section.sh_offset, section.sh_size, architecture);
            k.loop = mainLoop(code);
            for (const Instruction& i : code) k.localAccesses += i.kind == Kind::Local;
        } else if (name.compare(0, 11, ".nv.shared.") == 0) {
            kernels[name.substr(11)].shared = (int)section.sh_size;
        } else if (section.sh_type == SHT_SYMTAB) {
            const char* strings = image.data() + sections[section.sh_link].sh_offset;
            for (size_t i = 0; i < section.sh_size / sizeof(Elf64_Sym); i++) symbols.push_back(strings + ((const Elf64_Sym*)(image.data() + section.sh_offset))[i].st_name);
        } else if (name == ".nv.info") {
            info = &section;
        }
    }
    // Attributes: format, number, size, then (symbol, value). 0x11 is the size of a frame, 0x2f the number of registers (in the section's header up to sm_8x).
    for (size_t at = 0; info && at + 4 <= info->sh_size;) {
        const unsigned char* p = (const unsigned char*)image.data() + info->sh_offset + at;
        if (p[0] != 4) { at += 4; continue; }
        const unsigned size = p[2] | p[3] << 8;
        uint32_t values[2] = {0, 0};
        if (size >= 8) memcpy(values, p + 4, 8);
        auto k = values[0] < symbols.size() ? kernels.find(symbols[values[0]]) : kernels.end();
        if (k != kernels.end() && p[1] == 0x11) k->second.stack = (int)values[1];
        if (k != kernels.end() && p[1] == 0x2f) k->second.registers = (int)values[1];
        at += 4 + size;
    }
    std::vector<KernelCode> result;
    for (auto& [name, kernel] : kernels) if (!kernel.name.empty()) result.push_back(kernel);
    return result;
}

} // namespace prove
