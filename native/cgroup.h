// Limits that a Linux control group (v1 or v2) sets for this process.
#pragma once

#include <cstdint>
#include <string>

namespace ravine {

// Processors' worth of time by quota, 0 when there is no limit. `root` is prefixed to /proc and /sys.
double cgroupCores(const std::string& root = "");

// Bytes, 0 when there is no limit.
int64_t cgroupMemory(const std::string& root = "");

}  // namespace ravine
