// One line of the format, read without looking past its end.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>

#include "job.h"
#include "sparse_matrix.h"

namespace ravine {

// Of a number out of range, whether it is too small: a mantissa of few digits, and a negative exponent.
inline bool isTiny(const char* at, const char* end) {
  const char* const start = at;
  while (at < end && *at != 'e' && *at != 'E') at++;
  return end - at > 1 && at[1] == '-' && at - start < 100;
}

// Plain decimals of at most 15 digits: exact as an integer, and so is the power of ten up to 22, so that one division rounds
// correctly. Everything else goes to from_chars. Null where there is no number.
inline const char* readNumber(const char* at, const char* end, double& number) {
  static constexpr double powers[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
  const char* const start = at;
  const bool negative = at < end && *at == '-';
  if (at < end && (*at == '-' || *at == '+')) at++;
  const char* const digits = at;
  uint64_t mantissa = 0;
  int count = 0, after = 0;
  for (; at < end && *at >= '0' && *at <= '9' && count < 16; at++, count++)
    mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
  if (at < end && *at == '.') {
    for (at++; at < end && *at >= '0' && *at <= '9' && count < 16; at++, count++, after++)
      mantissa = mantissa * 10 + static_cast<uint64_t>(*at - '0');
  }
  const bool plain = count > 0 && count <= 15 && (at == end || ((*at < '0' || *at > '9') && *at != 'e' && *at != 'E'));
  if (plain) {
    const double magnitude = static_cast<double>(mantissa) / powers[after];
    number = negative ? -magnitude : magnitude;
    return at;
  }
  const char* const from = digits > start && *start == '+' ? digits : start;
  if (from < end && from == digits && digits > start && (*from == '-' || *from == '+')) return nullptr;
  const auto [next, error] = std::from_chars(from, end, number);
  if (error == std::errc::result_out_of_range) number = isTiny(from, next) ? 0 : std::nan("");
  return error == std::errc::invalid_argument ? nullptr : next;
}

class LineReader {
 public:
  LineReader(SparseBuilder& builder, std::vector<double>& labels, int64_t columns, bool zeroBased)
      : builder_(builder), labels_(labels), columns_(columns), first_(zeroBased ? 0 : 1) {}

  // Adds the row; false for a line without one. Throws JobError.
  bool read(const char* at, const char* end, int64_t number) {
    number_ = number;
    if (const void* hash = std::char_traits<char>::find(at, static_cast<size_t>(end - at), '#'))
      end = static_cast<const char*>(hash);
    while (end > at && isBlank(end[-1])) end--;
    at = skipBlanks(at, end);
    if (at == end) return false;
    double label = 0;
    const char* next = readNumber(at, end, label);
    if (!next || !isEnd(next, end)) refuse("expected a number as label, got ", at, end);
    if (!(std::abs(label) <= 1.7976931348623157e308)) refuse("expected a finite label, got ", at, end);
    labels_.push_back(label);
    int64_t previous = -1;
    for (at = skipBlanks(next, end); at < end; at = skipBlanks(at, end)) at = pair(at, end, previous);
    builder_.endRow();
    return true;
  }

 private:
  static bool isBlank(char c) { return c == ' ' || c == '\t' || c == '\r'; }
  static bool isEnd(const char* at, const char* end) { return at == end || isBlank(*at); }
  static const char* skipBlanks(const char* at, const char* end) {
    while (at < end && isBlank(*at)) at++;
    return at;
  }

  const char* pair(const char* at, const char* end, int64_t& previous) {
    const char* const start = at;
    int64_t index = 0;
    for (; at < end && *at >= '0' && *at <= '9' && index <= INT32_MAX; at++) index = index * 10 + (*at - '0');
    if (at == start || at == end || *at != ':') {
      if (previous < 0 && end - start > 4 && std::string(start, 4) == "qid:") return skipWord(start, end);
      if (index > INT32_MAX) refuse("expected an index below 2147483648, got ", start, end);
      refuse("expected index:value, got ", start, end);
    }
    if (index < first_) refuse("expected indices from 1 on, got ", start, end);
    if (index > INT32_MAX) refuse("expected an index below 2147483648, got ", start, end);
    index -= first_;
    if (columns_ > 0 && index >= columns_)
      refuse("expected an index within " + std::to_string(columns_) + " columns, got ", start, end);
    if (index == previous) refuse("the same index twice: ", start, end);
    if (index < previous) refuse("expected rising indices, got ", start, end);
    double value = 0;
    const char* const next = readNumber(at + 1, end, value);
    if (!next || !isEnd(next, end)) refuse("expected index:value, got ", start, end);
    if (!(std::abs(value) <= 3.4028234663852886e38)) refuse("expected a finite value, got ", start, end);
    builder_.add(static_cast<uint32_t>(index), static_cast<float>(value));
    previous = index;
    return next;
  }

  static const char* skipWord(const char* at, const char* end) {
    while (at < end && !isBlank(*at)) at++;
    return at;
  }

  [[noreturn]] void refuse(const std::string& what, const char* at, const char* end) const {
    const char* const stop = std::min(skipWord(at, end), at + 40);
    std::string text;
    for (; at < stop; at++) text += *at >= ' ' && *at <= '~' ? *at : '?';
    throw JobError("format", "line " + std::to_string(number_) + ": " + what + "\"" + text + "\"");
  }

  SparseBuilder& builder_;
  std::vector<double>& labels_;
  int64_t columns_, first_, number_ = 0;
};

}  // namespace ravine
