#include "binding_environment.h"

#include "binding_work.h"

namespace ravine {

void Environment::close() {
  for (const std::shared_ptr<WorkLetter>& work : working) work->stop();
  for (const std::shared_ptr<WorkLetter>& work : working) work->join();
  runners.stop();
  mailbox->close();
  working.clear();
}

}  // namespace ravine
