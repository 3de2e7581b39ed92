// The elementary functions through the elementwise kernel of every instruction set: the error in ULP against the C library at a
// higher precision, the special values, and the same bits everywhere. Exits with 1 on failure.
//   math_test [every n-th float, 40009 unless given; 1: all 2^32] [only this function]
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "../../native/kernel.h"
#include "../../native/kernels/elementwise_names.h"

namespace ravine {
void plan_elementwise_scalar(Plan&);
#if defined(__x86_64__)
void plan_elementwise_avx2(Plan&);
void plan_elementwise_avx512(Plan&);
#endif
}  // namespace ravine

using namespace ravine;

namespace {

struct Isa {
  const char* name;
  PlanFn plan;
};

std::vector<Isa> isas() {
  std::vector<Isa> list{{"scalar", plan_elementwise_scalar}};
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) list.push_back({"avx2", plan_elementwise_avx2});
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq"))
    list.push_back({"avx512", plan_elementwise_avx512});
#endif
  return list;
}

int failures = 0;

template <class T>
using Wide = std::conditional_t<sizeof(T) == 4, double, long double>;

int codeOf(const char* name) {
  for (int i = 0; i < elementwiseOperationCount; i++)
    if (std::strcmp(elementwiseOperations[i].name, name) == 0) return i;
  std::printf("no operation %s\n", name);
  std::exit(1);
}

// out[i] = operation(x[i], y[i])
template <class T>
void apply(const Isa& isa, const char* name, const std::vector<T>& x, const std::vector<T>& y, std::vector<T>& out) {
  const int64_t n = static_cast<int64_t>(x.size());
  const DType dtype = sizeof(T) == 4 ? DType::f32 : DType::f64;
  const Operand operands[] = {{dtype, n}, {dtype, n}, {dtype, n}};
  const std::vector<int64_t> integers{sizeof(T) == 4 ? 0 : 1, 1, 1, 0, n, 1, 1, codeOf(name), 0, 1, 1, 2};
  const std::vector<double> reals(integers.begin(), integers.end());
  Plan plan{operands, 2, 1, integers.data(), reals.data(), static_cast<int>(integers.size())};
  isa.plan(plan);
  if (plan.fault || !plan.run) {
    std::printf("FAILED %s %s: %s\n", isa.name, name, plan.fault ? plan.fault : "no kernel");
    std::exit(1);
  }
  void* pointers[] = {const_cast<T*>(x.data()), const_cast<T*>(y.data()), out.data()};
  plan.run({pointers, integers.data(), reals.data(), nullptr, nullptr, 0, plan.data}, 0, plan.chunks);
}

template <class T>
T ulpOf(Wide<T> x) {
  using L = std::numeric_limits<T>;
  const T size = std::fabs(static_cast<T>(x));
  if (!(size < std::numeric_limits<T>::infinity())) return std::ldexp(T(1), L::max_exponent - L::digits);
  if (size < L::min()) return L::denorm_min();
  return std::ldexp(T(1), std::ilogb(size) + 1 - L::digits);
}

template <class T>
double errorOf(T got, Wide<T> exact) {
  if (std::isnan(exact) || std::isnan(got)) return std::isnan(exact) == std::isnan(got) ? 0 : INFINITY;
  const T rounded = static_cast<T>(exact);
  if (got == rounded) return got == 0 && std::signbit(got) != std::signbit(rounded) ? INFINITY : 0;
  if (std::isinf(exact)) return INFINITY;
  if (std::isinf(got)) {  // as if the exponent had no end
    const Wide<T> end = std::ldexp(Wide<T>(1), std::numeric_limits<T>::max_exponent);
    return static_cast<double>(std::fabs(end - std::fabs(exact)) / ulpOf<T>(std::numeric_limits<T>::max()));
  }
  return static_cast<double>(std::fabs(static_cast<Wide<T>>(got) - exact) / ulpOf<T>(exact));
}

template <class T>
bool sameBits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class T>
struct Worst {
  double error = -1;
  T x = 0, y = 0, got = 0;
};

template <class T, class F>
void check(const char* name, F reference, const std::vector<T>& x, const std::vector<T>& y, Worst<T>& worst) {
  const std::vector<Isa> all = isas();
  std::vector<T> first(x.size()), other(x.size());
  apply(all.back(), name, x, y, first);
  for (size_t i = 0; i + 1 < all.size(); i++) {
    apply(all[i], name, x, y, other);
    for (size_t k = 0; k < x.size(); k++) {
      if (sameBits(first[k], other[k])) continue;
      if (++failures <= 20)
        std::printf("FAILED %s(%a, %a): %s gives %a, %s %a\n", name, double(x[k]), double(y[k]), all[i].name, double(other[k]),
                    all.back().name, double(first[k]));
    }
  }
  for (size_t k = 0; k < x.size(); k++) {
    const double error = errorOf<T>(first[k], reference(static_cast<Wide<T>>(x[k]), static_cast<Wide<T>>(y[k])));
    if (error > worst.error) worst = {error, x[k], y[k], first[k]};
  }
}

template <class T>
void report(const char* name, double bound, const Worst<T>& worst) {
  const bool good = worst.error <= bound;
  if (!good) failures++;
  std::printf("%s %-8s float%d %6.3f ULP of %g, at (%a, %a): %a\n", good ? "ok    " : "FAILED", name, int(sizeof(T) * 8),
              worst.error, bound, double(worst.x), double(worst.y), double(worst.got));
}

uint64_t state = 88172645463325252ull;
uint64_t randomBits() {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}
double uniform(double low, double high) { return low + (high - low) * static_cast<double>(randomBits() >> 11) * 0x1p-53; }

template <class T>
T anyNumber() {
  const uint64_t word = randomBits();
  T x;
  std::memcpy(&x, &word, sizeof x);
  return x;
}

template <class T>
std::vector<T> specials() {
  using L = std::numeric_limits<T>;
  std::vector<T> list;
  const double magnitudes[] = {0,        1,    0.5,  2,     3,        1000,     3.141592653589793, 1.5707963267948966,
                               0.92,     0.95, 4,    6,     88.72284, 103.97,   709.782712893384,  745.13,
                               1e5,      1e6,  1e22, 1e300, L::max(), L::min(), L::denorm_min(),   L::epsilon(),
                               INFINITY, NAN};
  for (const double x : magnitudes)
    for (const T sign : {T(1), T(-1)}) {
      const T value = sign * static_cast<T>(x);
      list.insert(list.end(), {value, std::nextafter(value, T(INFINITY)), std::nextafter(value, T(-INFINITY))});
    }
  return list;
}

// Many numbers are any bit pattern, the others lie where the functions bend, or next to zeros of the sine and the cosine.
template <class T>
std::vector<T> sample(size_t count) {
  std::vector<T> x;
  for (size_t i = 0; i < count; i++) {
    const int kind = static_cast<int>(i % 8);
    const long double quarters = std::nearbyint(uniform(-1e6, 1e6));
    x.push_back(kind < 3    ? anyNumber<T>()
                : kind == 3 ? static_cast<T>(quarters * 1.57079632679489661923132169163975144L)
                : kind == 4 ? static_cast<T>(uniform(-1.5, 1.5))
                : kind == 5 ? static_cast<T>(uniform(-20, 20))
                : kind == 6 ? static_cast<T>(uniform(-760, 760))
                            : static_cast<T>(uniform(0.5, 2)));
  }
  return x;
}

// Pairs whose power is a number that can be held, mostly.
template <class T>
void samplePowers(size_t count, std::vector<T>& x, std::vector<T>& y) {
  x = sample<T>(count), y = sample<T>(count);
  for (size_t i = 0; i < count; i++) {
    if (i % 2 == 0) continue;
    const double range = std::numeric_limits<T>::max_exponent * 0.6931471805599453;
    x[i] = i % 4 == 1 ? std::fabs(anyNumber<T>()) : static_cast<T>(uniform(0.5, 2));
    if (i % 16 == 3) x[i] = -x[i];
    y[i] = static_cast<T>(uniform(-range, range) / std::log(std::fabs(static_cast<double>(x[i]))));
    if (i % 16 == 3) y[i] = std::nearbyint(y[i]);
  }
  for (const T a : specials<T>())
    for (const T b : specials<T>()) x.push_back(a), y.push_back(b);
}

// How many doubles, or pairs, are tried beside every stride-th float.
uint64_t drawn(uint64_t stride) { return std::min(uint64_t{1} << 24, (uint64_t{1} << 32) / stride); }

template <class T, class F>
void checkUnary(const char* name, F reference, double bound, uint64_t stride) {
  Worst<T> worst;
  check<T>(name, reference, specials<T>(), specials<T>(), worst);
  constexpr size_t block = 1 << 16;
  std::vector<T> x;
  if constexpr (sizeof(T) == 4) {
    for (uint64_t pattern = 0; pattern < uint64_t{1} << 32; pattern += stride) {
      const uint32_t word = static_cast<uint32_t>(pattern);
      float value;
      std::memcpy(&value, &word, sizeof value);
      x.push_back(value);
      if (x.size() == block) check<T>(name, reference, x, x, worst), x.clear();
    }
    if (!x.empty()) check<T>(name, reference, x, x, worst);
  } else {
    for (uint64_t done = 0; done < drawn(stride); done += block) {
      x = sample<T>(block);
      check<T>(name, reference, x, x, worst);
    }
  }
  report(name, bound, worst);
}

template <class T, class F>
void checkPower(F reference, double bound, uint64_t stride) {
  Worst<T> worst;
  constexpr size_t block = 1 << 16;
  std::vector<T> x, y;
  for (uint64_t done = 0; done < drawn(stride) / 4; done += block) {
    samplePowers(block, x, y);
    check<T>("pow", reference, x, y, worst);
  }
  report("pow", bound, worst);
}

template <class T>
void checkAll(uint64_t stride, const std::string& only) {
  using W = Wide<T>;
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  const auto unary = [&](const char* name, auto reference, double bound) {
    if (wanted(name)) checkUnary<T>(name, reference, bound, stride);
  };
  unary(
      "exp", [](W x, W) { return std::exp(x); }, 1);
  unary(
      "log", [](W x, W) { return std::log(x); }, 1);
  unary(
      "log1p", [](W x, W) { return std::log1p(x); }, 2);
  unary(
      "expm1", [](W x, W) { return std::expm1(x); }, 2);
  unary(
      "rsqrt", [](W x, W) { return 1 / std::sqrt(x); }, 1.5);
  unary(
      "sin", [](W x, W) { return std::sin(x); }, 2);
  unary(
      "cos", [](W x, W) { return std::cos(x); }, 2);
  unary(
      "tanh", [](W x, W) { return std::tanh(x); }, 3);
  unary(
      "sigmoid", [](W x, W) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }, 3);
  unary(
      "erf", [](W x, W) { return std::erf(x); }, 2);
  if (wanted("pow")) checkPower<T>([](W x, W y) { return std::pow(x, y); }, 2, stride);
}

}  // namespace

int main(int argc, char** argv) {
  const uint64_t stride = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 40009;
  const std::string only = argc > 2 ? argv[2] : "";
  checkAll<float>(stride, only);
  checkAll<double>(stride, only);
  if (failures > 0) std::printf("%d failures\n", failures);
  return failures > 0 ? 1 : 0;
}
