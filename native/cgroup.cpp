#include "cgroup.h"

#include <cstdlib>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>

namespace ravine {
namespace {

std::string firstLine(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

// Whether a list like "cpu,cpuacct" names the controller; version 2's only line names none.
bool names(const std::string& list, const std::string& controller) {
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');)
    if (word == controller) return true;
  return list.empty() && controller.empty();
}

// The process's own group in a hierarchy: "0::/a/b" in version 2, "4:cpu,cpuacct:/a/b" in version 1.
std::string groupPath(const std::string& root, const std::string& controller) {
  std::ifstream file(root + "/proc/self/cgroup");
  std::string hierarchy, controllers, path;
  while (std::getline(file, hierarchy, ':') && std::getline(file, controllers, ':') && std::getline(file, path))
    if (names(controllers, controller)) return path;
  return "/";
}

// The smallest limit on the way from a group up to the root of its hierarchy. In a container the group's path may not be visible
// below the mount; the mount's own files are then the group's.
double smallest(const std::string& mount, std::string group, const std::function<double(const std::string&)>& limitOf) {
  double least = std::numeric_limits<double>::infinity();
  const auto take = [&](const std::string& folder) {
    const double limit = limitOf(folder);
    if (limit > 0 && limit < least) least = limit;
  };
  while (group.size() > 1) {
    take(mount + group);
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
  take(mount);
  return least;
}

double coresV2(const std::string& folder) {
  std::istringstream line(firstLine(folder + "/cpu.max"));
  std::string quota;
  double period = 0;
  return line >> quota >> period && quota != "max" && period > 0 ? std::atof(quota.c_str()) / period : 0;
}

double coresV1(const std::string& folder) {
  const double quota = std::atof(firstLine(folder + "/cpu.cfs_quota_us").c_str());
  const double period = std::atof(firstLine(folder + "/cpu.cfs_period_us").c_str());
  return quota > 0 && period > 0 ? quota / period : 0;
}

double lesser(double a, double b) { return b < a ? b : a; }

}  // namespace

double cgroupCores(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  const double cores = lesser(smallest(mount, groupPath(root, ""), coresV2),
                              lesser(smallest(mount + "/cpu", groupPath(root, "cpu"), coresV1),
                                     smallest(mount + "/cpu,cpuacct", groupPath(root, "cpu"), coresV1)));
  return cores < std::numeric_limits<double>::infinity() ? cores : 0;
}

int64_t cgroupMemory(const std::string& root) {
  const std::string mount = root + "/sys/fs/cgroup";
  const auto bytesIn = [](const char* name) {
    return [name](const std::string& folder) { return std::atof(firstLine(folder + name).c_str()); };
  };
  const double bytes = lesser(smallest(mount, groupPath(root, ""), bytesIn("/memory.max")),
                              smallest(mount + "/memory", groupPath(root, "memory"), bytesIn("/memory.limit_in_bytes")));
  return bytes < 9e18 ? static_cast<int64_t>(bytes) : 0;
}

}  // namespace ravine
