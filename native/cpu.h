// What this machine has and what of it the process may use.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "kernel.h"

namespace ravine {

// The kernels of the instruction set in use. Valid after selectIsa.
const KernelTable& kernelTable();

// Names of the instruction sets that this build holds and this machine runs, best first.
std::vector<std::string> usableIsas();

// Takes the best one, or `forced` (RAVINE_ISA). Returns why not, or an empty string.
std::string selectIsa(const char* forced);

// Cores by affinity, fewer where a cgroup grants less processor time; at least 1.
int usableCores();

// Physical memory, less where a cgroup allows less.
int64_t usableMemory();

}  // namespace ravine
