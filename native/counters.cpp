#include "counters.h"

namespace ravine {

Counters& counters() {
  static Counters all;
  return all;
}

}  // namespace ravine
