// Limits of control groups, read from folders that look like /proc and /sys. Exits with 1 on failure.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include "../../native/cgroup.h"

namespace {

namespace files = std::filesystem;
using Files = std::vector<std::pair<std::string, std::string>>;  // path, content

int failures = 0;

void expect(const char* what, const Files& contents, double cores, int64_t bytes) {
  const files::path root = files::temp_directory_path() / "ravine-cgroup-test";
  files::remove_all(root);
  for (const auto& [path, content] : contents) {
    files::create_directories((root / path).parent_path());
    std::ofstream(root / path) << content << "\n";
  }
  const double gotCores = ravine::cgroupCores(root.string());
  const int64_t gotBytes = ravine::cgroupMemory(root.string());
  files::remove_all(root);
  if (gotCores == cores && gotBytes == bytes) return;
  failures++;
  std::printf("%s: expected %g cores and %lld bytes, got %g and %lld\n", what, cores, static_cast<long long>(bytes), gotCores,
              static_cast<long long>(gotBytes));
}

}  // namespace

int main() {
  expect("no groups", {}, 0, 0);
  expect("version 2, the least of a group and those above it",
         {{"proc/self/cgroup", "0::/a/b"},
          {"sys/fs/cgroup/a/b/cpu.max", "max 100000"},
          {"sys/fs/cgroup/a/cpu.max", "150000 100000"},
          {"sys/fs/cgroup/a/b/memory.max", "1000000"},
          {"sys/fs/cgroup/a/memory.max", "max"}},
         1.5, 1000000);
  expect("version 2, in a container that sees itself as the root",
         {{"proc/self/cgroup", "0::/elsewhere"}, {"sys/fs/cgroup/cpu.max", "250000 100000"}, {"sys/fs/cgroup/memory.max", "max"}},
         2.5, 0);
  expect("version 1",
         {{"proc/self/cgroup", "5:cpu,cpuacct:/docker/x\n4:memory:/docker/x\n1:name=systemd:/y"},
          {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_quota_us", "50000"},
          {"sys/fs/cgroup/cpu,cpuacct/docker/x/cpu.cfs_period_us", "100000"},
          {"sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1"},
          {"sys/fs/cgroup/memory/docker/x/memory.limit_in_bytes", "2048"},
          {"sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"}},
         0.5, 2048);
  return failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
