#include "binding_environment.h"

#include "binding_job.h"
#include "binding_loop.h"

namespace ravine {

void Environment::close() {
  for (const std::shared_ptr<LoopLetter>& loop : loops) loop->loop().stop();
  for (const std::shared_ptr<JobLetter>& job : jobs) job->job().stop();
  for (const std::shared_ptr<LoopLetter>& loop : loops) loop->loop().join();
  for (const std::shared_ptr<JobLetter>& job : jobs) job->job().join();
  runners.stop();
  mailbox->close();
  loops.clear();
  jobs.clear();
}

}  // namespace ravine
