#include "cpu.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "cgroup.h"
#include "isa/tables.h"

namespace ravine {
namespace {

struct InstructionSet {
  const KernelTable* table;
  bool usable;
};

#if defined(__x86_64__)
struct Registers {
  unsigned a = 0, b = 0, c = 0, d = 0;
};

Registers cpuid(unsigned leaf, unsigned subleaf) {
  Registers r;
  __get_cpuid_count(leaf, subleaf, &r.a, &r.b, &r.c, &r.d);
  return r;
}

bool bit(unsigned word, int place) { return word >> place & 1; }

// Which register states the operating system saves: 2 and 4 for AVX's, 0xe0 for AVX-512's.
uint64_t savedStates() {
  if (!bit(cpuid(1, 0).c, 27)) return 0;
  unsigned low = 0, high = 0;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

bool hasAvx2() {
  const bool fma = bit(cpuid(1, 0).c, 12), avx = bit(cpuid(1, 0).c, 28), avx2 = bit(cpuid(7, 0).b, 5);
  return avx && fma && avx2 && (savedStates() & 0x6) == 0x6;
}

bool hasAvx512() {
  const unsigned b = cpuid(7, 0).b;
  const bool foundation = bit(b, 16), dq = bit(b, 17), bw = bit(b, 30), vl = bit(b, 31);
  return hasAvx2() && foundation && dq && bw && vl && (savedStates() & 0xe6) == 0xe6;
}
#endif

// Best first; a new instruction set is a line here.
const std::vector<InstructionSet>& builtIsas() {
  static const auto* all = new std::vector<InstructionSet> {
#if defined(__x86_64__)
    {&table_avx512, hasAvx512()}, {&table_avx2, hasAvx2()},
#endif
        {&table_scalar, true},
  };
  return *all;
}

const KernelTable* selected = nullptr;

int affinityCores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  return static_cast<int>(sysconf(_SC_NPROCESSORS_ONLN));
}

}  // namespace

const KernelTable& kernelTable() { return *selected; }

std::vector<std::string> usableIsas() {
  std::vector<std::string> names;
  for (const InstructionSet& set : builtIsas())
    if (set.usable) names.emplace_back(set.table->isa);
  return names;
}

std::string selectIsa(const char* forced) {
  const std::string wanted = forced ? forced : "";
  for (const InstructionSet& set : builtIsas()) {
    if (!set.usable || (!wanted.empty() && wanted != set.table->isa)) continue;
    selected = set.table;
    return "";
  }
  std::string there;
  for (const std::string& name : usableIsas()) there += (there.empty() ? "" : ", ") + name;
  return "[ravine] RAVINE_ISA=" + wanted + " is not an instruction set that this machine and build have\nhelp: there is " + there;
}

int usableCores() {
  const double quota = cgroupCores();
  const int cores = std::max(1, affinityCores());
  return quota > 0 ? std::clamp(static_cast<int>(std::ceil(quota)), 1, cores) : cores;
}

int64_t usableMemory() {
  const int64_t physical = static_cast<int64_t>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  const int64_t limit = cgroupMemory();
  return limit > 0 ? std::min(limit, physical) : physical;
}

}  // namespace ravine
