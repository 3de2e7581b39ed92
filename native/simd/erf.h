// erf.
#pragma once

#include "exp.h"

namespace ravine::RAVINE_ISA {

// small(x^2) = erf(x)/x - 1 on |x| <= 0.95; tail(a) = -log(erfc(a)) on 0.9 <= a <= last, from where on erf rounds to 1. Minimax,
// the tail's error weighed by erfc(a).
template <class T>
struct ErfTable;
template <>
struct ErfTable<float> {
  static constexpr float small[] = {0.128379166f,   -0.376126319f,    0.112836726f,   -0.0268581044f,
                                    0.00519779744f, -0.000810596801f, 8.21543435e-05f};
  static constexpr float tail[] = {-0.000170550105f, 1.12949514f,    0.633386672f,     0.108236596f,
                                   -0.0250914823f,   0.00416052155f, -0.000432301837f, 2.0909456e-05f};
  static constexpr float last = 4.0f;
};
template <>
struct ErfTable<double> {
  static constexpr double small[] = {0.12837916709551256,     -0.37612638903183682,    0.1128379167095143,
                                     -0.026866170644362433,   0.0052239776171737135,   -0.0008548326498281592,
                                     0.00012055311803984332,  -1.4925086787618736e-05, 1.6452068264062778e-06,
                                     -1.6246682402825158e-07, 1.3897364871944255e-08,  -8.1508024451760719e-10};
  static constexpr double tail[] = {
      -2.9122651317562305e-09, 1.1283792342938679,      0.63661918938456041,     0.10277546985452601,     -0.019137809749235339,
      -0.00018714717472685771, 0.0016569168189968226,   -0.00053549263125680056, -3.456367458835855e-05,  0.00011829154095561235,
      -6.8382316759209178e-05, 2.5688951988338917e-05,  -7.2243038204857195e-06, 1.5792030416322004e-06,  -2.6951064922949676e-07,
      3.5392902491764003e-08,  -3.4620387514151817e-09, 2.3777291870310366e-10,  -1.0231194184300144e-11, 2.074642934632858e-13};
  static constexpr double last = 6.0;
};

// All x. ULP: float 2, double 2.
template <class T>
inline Vec<T> erf(Vec<T> x) {
  using V = Vec<T>;
  const V a = abs(x);
  const V small = fma(x, polynomial(x * x, ErfTable<T>::small), x);
  const V g = polynomial(min(a, V::broadcast(ErfTable<T>::last)), ErfTable<T>::tail);
  const V large = copySign(V::broadcast(T(1)) - exp(-g), x);
  return select(lt(a, V::broadcast(T(0.92))), small, large);
}

}  // namespace ravine::RAVINE_ISA
