// Aligned memory outside of V8, zeroed, shared by handles, bindings and loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace ravine {

class Buffer {
 public:
  // Null when the cap or the system refuses.
  static std::shared_ptr<Buffer> create(int64_t bytes);

  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer();

  std::byte* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  Buffer(std::byte* data, int64_t bytes, bool mapped) : data_(data), bytes_(bytes), mapped_(mapped) {}

  std::byte* data_;
  int64_t bytes_;
  bool mapped_;  // from mmap, else from aligned_alloc
};

// The most bytes that all buffers of the process may hold together: RAVINE_MEMORY_LIMIT, else 80 % of what the process may use.
int64_t memoryLimit();
void setMemoryLimit(int64_t bytes);

}  // namespace ravine
