#include "binding_environment.h"

#include "binding_loop.h"

namespace ravine {

void Environment::close() {
  for (const std::shared_ptr<LoopLetter>& loop : loops) loop->loop().stop();
  for (const std::shared_ptr<LoopLetter>& loop : loops) loop->loop().join();
  runners.stop();
  mailbox->close();
  loops.clear();
}

}  // namespace ravine
