// LoopSpec from JavaScript, checked field by field.

#include "binding_feed.h"
#include "binding_fields.h"
#include "binding_loop.h"
#include "binding_program.h"

namespace ravine {
namespace {

void readScalars(const Fields& in, LoopSpec& spec) {
  const std::shared_ptr<Buffer> buffer = in.buffer("buffer");
  in.each("targets", [&](const Fields& target) {
    spec.scalars.push_back({{buffer, target.integer("byteOffset")}, target.dtype()});
  });
  spec.table = doublesArgument(in.get("table"), in.nameOf("table"));
}

void readMetrics(const Fields& in, LoopSpec& spec) {
  in.each("metrics", [&](const Fields& metric) {
    const DType dtype = metric.dtype();
    if (dtype == DType::i32) throwType(metric.get("dtype").Env(), metric.nameOf("dtype") + ": expected float32 or float64");
    spec.metrics.push_back({metric.place(), dtype, metric.has("mean") && metric.boolean("mean")});
  });
}

void readCollect(const Fields& in, LoopSpec& spec) {
  spec.collect.source = {in.buffer("source"), in.integer("sourceOffset")};
  spec.collect.rowBytes = in.integer("rowBytes");
  spec.collect.target = in.buffer("target");
}

void readCounts(const Fields& in, LoopSpec& spec) {
  spec.parts = in.integer("parts", 1);
  spec.samples = in.integer("samples", spec.feed ? 0 : 1, INT32_MAX);
  spec.batchSize = in.integer("batchSize", 1, INT32_MAX);
  spec.epochs = in.integer("epochs");
  if (in.has("steps")) spec.steps = in.integer("steps");
  spec.firstBatch = in.integer("firstBatch");
  spec.firstEpoch = in.integer("firstEpoch");
  spec.firstStep = in.integer("firstStep");
  spec.shuffle = in.boolean("shuffle");
  spec.seed = static_cast<uint64_t>(in.integer("seed"));
}

}  // namespace

LoopSpec loopSpecArgument(const Napi::Value& value) {
  const Fields in(value, "[startLoop] spec");
  LoopSpec spec;
  spec.full = BindingHandle::from(in.get("full"), in.nameOf("full")).core();
  if (in.has("last")) spec.last = BindingHandle::from(in.get("last"), in.nameOf("last")).core();
  if (in.has("feed")) spec.feed = FeedHandle::from(in.get("feed"), in.nameOf("feed")).core();
  readCounts(in, spec);
  if (in.has("indices")) spec.indices = in.fields("indices").place();
  if (in.has("scalars")) readScalars(in.fields("scalars"), spec);
  if (in.has("random")) spec.random = in.fields("random").place();
  readMetrics(in, spec);
  if (in.has("collect")) readCollect(in.fields("collect"), spec);
  if (in.has("progressMs")) spec.progressMs = static_cast<double>(in.integer("progressMs", 0, INT32_MAX));
  const std::string why = spec.check();
  if (!why.empty()) throwRange(value.Env(), in.nameOf("") + why);
  return spec;
}

}  // namespace ravine
