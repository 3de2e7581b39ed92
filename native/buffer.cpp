#include "buffer.h"

#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "counters.h"
#include "cpu.h"

namespace ravine {
namespace {

constexpr int64_t cacheLine = 64;
constexpr int64_t hugePage = int64_t{2} << 20;
constexpr int64_t mappedFrom = int64_t{4} << 20;  // from here on a page table with 2 MB pages saves TLB misses

std::atomic<int64_t>& limit() {
  static std::atomic<int64_t> bytes{[] {
    const char* given = std::getenv("RAVINE_MEMORY_LIMIT");
    const int64_t asked = given ? std::atoll(given) : 0;
    return asked > 0 ? asked : usableMemory() / 10 * 8;
  }()};
  return bytes;
}

// Counts the bytes as live if the cap allows.
bool reserve(int64_t bytes) {
  const int64_t before = counters().liveBytes.fetch_add(bytes);
  if (bytes <= memoryLimit() - before) return true;
  counters().liveBytes.fetch_sub(bytes);
  return false;
}

int64_t roundUp(int64_t bytes, int64_t unit) { return (bytes + unit - 1) / unit * unit; }

// Fresh pages are zero; one huge page more is mapped and what lies outside of the aligned range is given back.
std::byte* mapHuge(int64_t bytes) {
  const int64_t length = roundUp(bytes, hugePage);
  void* raw = mmap(nullptr, static_cast<size_t>(length + hugePage), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (raw == MAP_FAILED) return nullptr;
  const auto start = reinterpret_cast<uintptr_t>(raw);
  const uintptr_t aligned = (start + hugePage - 1) / hugePage * hugePage;
  const size_t head = aligned - start;
  if (head > 0) munmap(raw, head);
  if (hugePage > static_cast<int64_t>(head)) munmap(reinterpret_cast<void*>(aligned + length), hugePage - head);
#ifdef MADV_HUGEPAGE
  madvise(reinterpret_cast<void*>(aligned), static_cast<size_t>(length), MADV_HUGEPAGE);
#endif
  return reinterpret_cast<std::byte*>(aligned);
}

std::byte* allocateSmall(int64_t bytes) {
  const auto length = static_cast<size_t>(roundUp(bytes > 0 ? bytes : 1, cacheLine));
  void* memory = std::aligned_alloc(cacheLine, length);
  if (memory) std::memset(memory, 0, length);
  return static_cast<std::byte*>(memory);
}

}  // namespace

int64_t memoryLimit() { return limit().load(std::memory_order_relaxed); }
void setMemoryLimit(int64_t bytes) { limit().store(bytes); }

std::shared_ptr<Buffer> Buffer::create(int64_t bytes) {
  if (bytes < 0 || !reserve(bytes)) return nullptr;
  const bool mapped = bytes >= mappedFrom;
  std::byte* data = mapped ? mapHuge(bytes) : allocateSmall(bytes);
  if (!data) {
    counters().liveBytes.fetch_sub(bytes);
    return nullptr;
  }
  counters().liveBuffers.fetch_add(1);
  return std::shared_ptr<Buffer>(new Buffer(data, bytes, mapped));
}

Buffer::~Buffer() {
  if (mapped_)
    munmap(data_, static_cast<size_t>(roundUp(bytes_, hugePage)));
  else
    std::free(data_);
  counters().liveBytes.fetch_sub(bytes_);
  counters().liveBuffers.fetch_sub(1);
}

}  // namespace ravine
