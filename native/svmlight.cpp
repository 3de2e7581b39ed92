#include "svmlight.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "svmlight_line.h"

namespace ravine {
namespace {

constexpr size_t blockBytes = size_t{1} << 20;
constexpr size_t longestLine = size_t{1} << 28;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

}  // namespace

LabelledRows readSvmlight(const SvmlightSpec& spec, Job& job) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(spec.path.c_str(), "rb"));
  if (!file) throw JobError("file", std::string("cannot read: ") + std::strerror(errno));
  SparseBuilder builder;
  LabelledRows result;
  LineReader reader(builder, result.labels, spec.columns, spec.zeroBased);
  std::vector<char> text(blockBytes);
  size_t held = 0;
  int64_t line = 0;
  double bytes = 0;
  for (bool ended = false; !ended;) {
    if (job.stopping()) return {};
    job.tell({bytes, static_cast<double>(builder.rows())});
    if (text.size() - held < blockBytes) text.resize(held + blockBytes);
    const size_t count = std::fread(text.data() + held, 1, blockBytes, file.get());
    if (count == 0 && std::ferror(file.get())) throw JobError("file", std::string("cannot read: ") + std::strerror(errno));
    ended = count == 0;
    bytes += static_cast<double>(count);
    const char *at = text.data(), *const end = at + held + count;
    while (at < end) {
      const auto* const newline = static_cast<const char*>(std::memchr(at, '\n', static_cast<size_t>(end - at)));
      if (!newline && !ended) break;
      const char* const stop = newline ? newline : end;
      reader.read(at, stop, ++line);
      at = newline ? newline + 1 : end;
    }
    held = static_cast<size_t>(end - at);
    if (held > longestLine) throw JobError("format", "line " + std::to_string(line + 1) + ": longer than 268435456 bytes");
    std::memmove(text.data(), at, held);
  }
  if (builder.rows() == 0) throw JobError("format", "no rows");
  if (builder.rows() > INT32_MAX)
    throw JobError("data", "expected at most 2147483647 rows, got " + std::to_string(builder.rows()));
  result.matrix = builder.finish(spec.columns > 0 ? spec.columns : std::max<int64_t>(builder.width(), 1));
  return result;
}

}  // namespace ravine
