#include "sparse_file.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace ravine {
namespace {

// Header: magic, version, rows, columns, entries, has values, has order, labels, key (4), 3 zeros, checksum of header and arrays.
constexpr int64_t magic = 0x3173727370766172;  // "ravpsrs1"
constexpr size_t words = 16;
using Header = std::array<int64_t, words>;

class File {
 public:
  File(const std::string& path, int flags) : number_(open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (number_ < 0) fail("cannot open");
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() { close(number_); }

  void write(const void* data, int64_t bytes) {
    const auto* at = static_cast<const char*>(data);
    while (bytes > 0) {
      const ssize_t count = ::write(number_, at, static_cast<size_t>(std::min(bytes, step)));
      if (count < 0 && errno == EINTR) continue;
      if (count <= 0) fail("cannot write");
      at += count;
      bytes -= count;
    }
  }

  void read(void* data, int64_t bytes) {
    auto* at = static_cast<char*>(data);
    while (bytes > 0) {
      const ssize_t count = ::read(number_, at, static_cast<size_t>(std::min(bytes, step)));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) fail("cannot read");
      if (count == 0) throw JobError("format", "the file was cut off");
      at += count;
      bytes -= count;
    }
  }

  int64_t size() const { return lseek(number_, 0, SEEK_END); }
  void rewind() const { lseek(number_, 0, SEEK_SET); }
  // Some file systems have no fsync; where one fails the data may not have arrived.
  void sync() const {
    if (fsync(number_) != 0 && errno != EINVAL && errno != ENOTSUP) fail("cannot write");
  }

 private:
  static constexpr int64_t step = int64_t{1} << 26;
  [[noreturn]] static void fail(const char* what) { throw JobError("file", std::string(what) + ": " + std::strerror(errno)); }
  int number_;
};

// Four chains of FNV-1a over 64-bit words: every step is a bijection of the word, so that no single change can hide.
class Checksum {
 public:
  void add(const void* data, int64_t bytes) {
    const auto* at = static_cast<const unsigned char*>(data);
    int64_t i = 0;
    for (; i + 32 <= bytes; i += 32) {
      uint64_t block[4];
      std::memcpy(block, at + i, 32);
      for (int lane = 0; lane < 4; lane++) chains_[lane] = mix(chains_[lane], block[lane]);
    }
    for (; i < bytes; i++) chains_[i & 3] = mix(chains_[i & 3], at[i]);
  }

  int64_t value() const {
    uint64_t sum = 0;
    for (const uint64_t chain : chains_) sum = mix(sum, chain);
    return static_cast<int64_t>(sum);
  }

 private:
  static uint64_t mix(uint64_t chain, uint64_t word) {
    chain = (chain ^ word) * 0x100000001B3;
    return chain ^ (chain >> 32);
  }
  uint64_t chains_[4] = {0xCBF29CE484222325, 0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9};
};

// Calls `body(data, bytes)` for each array in the order of the file.
template <class Body>
void eachArray(const LabelledRows& rows, const Body& body) {
  const SparseMatrix& matrix = *rows.matrix;
  for (const std::shared_ptr<Buffer>& buffer : {matrix.offsets, matrix.indices, matrix.values, matrix.order})
    if (buffer) body(buffer->data(), buffer->bytes());
  body(reinterpret_cast<std::byte*>(const_cast<double*>(rows.labels.data())),
       static_cast<int64_t>(rows.labels.size() * sizeof(double)));
}

int64_t sumOf(const Header& header, const LabelledRows& rows) {
  Checksum checksum;
  checksum.add(header.data(), (words - 1) * 8);
  eachArray(rows, [&](const std::byte* data, int64_t bytes) { checksum.add(data, bytes); });
  return checksum.value();
}

[[noreturn]] void damaged(const std::string& why) { throw JobError("format", "the file is damaged: " + why); }

int64_t bytesAfter(const Header& h) {
  const int64_t entry = (h[3] > 65536 ? 4 : 2) + (h[5] ? 4 : 0);
  return (h[2] + 1) * 8 + h[4] * entry + (h[6] ? h[3] * 4 : 0) + h[7] * 8;
}

// A file that somebody made can have a right checksum and wrong numbers.
void check(const SparseMatrix& matrix) {
  const int64_t* const offsets = matrix.rowOffsets();
  if (offsets[0] != 0 || offsets[matrix.rows] != matrix.entries) damaged("its row offsets do not fit");
  for (int64_t row = 0; row < matrix.rows; row++)
    if (offsets[row] > offsets[row + 1]) damaged("its row offsets fall");
  for (int64_t i = 0; i < matrix.entries; i++)
    if (matrix.rank(i) >= matrix.columns) damaged("an index lies beyond its columns");
  if (!matrix.order) return;
  std::vector<bool> seen(static_cast<size_t>(matrix.columns), false);
  for (int64_t rank = 0; rank < matrix.columns; rank++) {
    const uint32_t column = matrix.columnOfRank()[rank];
    if (column >= matrix.columns || seen[column]) damaged("its order is no permutation");
    seen[column] = true;
  }
}

// Threads, and processes of one number in containers that share a folder, may write to the same path at a time.
std::string temporaryName(const std::string& path) {
  uint64_t number = 0;
  if (getrandom(&number, sizeof number, 0) != sizeof number) throw JobError("file", "no random name for a temporary file");
  return path + "." + std::to_string(number) + ".tmp";
}

}  // namespace

void writeSparse(const std::string& path, const LabelledRows& rows, const SourceKey& key) {
  const SparseMatrix& matrix = *rows.matrix;
  Header header{magic,
                1,
                matrix.rows,
                matrix.columns,
                matrix.entries,
                matrix.values ? 1 : 0,
                matrix.order ? 1 : 0,
                static_cast<int64_t>(rows.labels.size()),
                key[0],
                key[1],
                key[2],
                key[3]};
  header[words - 1] = sumOf(header, rows);
  const std::string temporary = temporaryName(path);
  try {
    File file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
    file.write(header.data(), words * 8);
    eachArray(rows, [&](const std::byte* data, int64_t bytes) { file.write(data, bytes); });
    file.sync();
  } catch (const JobError&) {
    unlink(temporary.c_str());
    throw;
  }
  if (rename(temporary.c_str(), path.c_str()) == 0) return;
  const std::string why = std::strerror(errno);
  unlink(temporary.c_str());
  throw JobError("file", "cannot write: " + why);
}

LabelledRows readSparse(const std::string& path, const SourceKey& key) {
  File file(path, O_RDONLY);
  const int64_t size = file.size();
  file.rewind();
  Header h{};
  if (size < static_cast<int64_t>(words * 8))
    throw JobError("format", "expected a sparse matrix, got a file of " + std::to_string(size) + " bytes");
  file.read(h.data(), words * 8);
  if (h[0] != magic || h[1] != 1) throw JobError("format", "expected a sparse matrix that ravine wrote");
  const bool sane = h[2] >= 0 && h[2] <= INT32_MAX && h[3] >= 1 && h[3] <= int64_t{1} << 31 && h[4] >= 0 && h[4] <= size / 2 &&
                    (h[7] == 0 || h[7] == h[2]) && bytesAfter(h) == size - static_cast<int64_t>(words * 8);
  if (!sane) damaged("its header does not fit its " + std::to_string(size) + " bytes");
  if (key != SourceKey{h[8], h[9], h[10], h[11]}) throw JobError("format", "made from another file");
  LabelledRows rows;
  rows.matrix = std::make_shared<SparseMatrix>();
  SparseMatrix& matrix = *rows.matrix;
  matrix.rows = h[2];
  matrix.columns = h[3];
  matrix.entries = h[4];
  matrix.wide = matrix.columns > 65536;
  matrix.offsets = sparseBuffer((matrix.rows + 1) * 8);
  matrix.indices = sparseBuffer(matrix.entries * (matrix.wide ? 4 : 2));
  if (h[5]) matrix.values = sparseBuffer(matrix.entries * 4);
  if (h[6]) matrix.order = sparseBuffer(matrix.columns * 4);
  rows.labels.resize(static_cast<size_t>(h[7]));
  eachArray(rows, [&](std::byte* data, int64_t bytes) { file.read(data, bytes); });
  if (sumOf(h, rows) != h[words - 1]) damaged("its checksum is another");
  check(matrix);
  return rows;
}

}  // namespace ravine
