// Reads a program's numbers one after another; the first that is missing or out of range ends it.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace ravine {

constexpr double largestInteger = 9007199254740992.0;  // 2^53: every integer up to here is a double

class CodeReader {
 public:
  explicit CodeReader(const std::vector<double>& code) : code_(code) {}

  // An integer in [least, most].
  int64_t integer(const char* name, int64_t least, int64_t most = int64_t{1} << 53) {
    const double x = real(name);
    if (failed()) return least;
    if (x >= static_cast<double>(least) && x <= static_cast<double>(most) && x == std::floor(x)) return static_cast<int64_t>(x);
    fail(std::string(name) + " at number " + std::to_string(next_ - 1) + ": expected an integer from " + std::to_string(least) +
         " to " + std::to_string(most) + ", got " + std::to_string(x));
    return least;
  }

  // A count of things that take at least `numbers` numbers each.
  int64_t count(const char* name, int64_t numbers, int64_t least = 0) {
    const int64_t n = integer(name, least, INT32_MAX);
    if (!failed() && n > left() / numbers) {
      fail(std::string(name) + ": " + std::to_string(n) + " do not fit into the " + std::to_string(left()) +
           " numbers that follow");
      return least;
    }
    return n;
  }

  double real(const char* name) {
    if (failed()) return 0;
    if (next_ < code_.size()) return code_[next_++];
    fail(std::string("the code ends where ") + name + " was expected");
    return 0;
  }

  void fail(const std::string& why) {
    if (!failed()) why_ = place_.empty() ? why : place_ + ": " + why;
  }

  // What is being read, for the message.
  void at(std::string place) { place_ = std::move(place); }
  const std::string& place() const { return place_; }

  bool failed() const { return !why_.empty(); }
  const std::string& why() const { return why_; }
  int64_t left() const { return static_cast<int64_t>(code_.size() - next_); }

 private:
  const std::vector<double>& code_;
  size_t next_ = 0;
  std::string place_;
  std::string why_;
};

}  // namespace ravine
