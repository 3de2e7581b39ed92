// LoopSpec from JavaScript, checked field by field.

#include <numeric>

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

std::vector<int64_t> readParts(const Fields& in, const char* field) {
  const Napi::Value given = in.get(field);
  if (!given.IsArray()) throwType(given.Env(), in.nameOf(field) + ": expected an array");
  const Napi::Array array = given.As<Napi::Array>();
  std::vector<int64_t> parts;
  for (uint32_t i = 0; i < array.Length(); i++) parts.push_back(integerArgument(array.Get(i), in.nameOf(field), 0, INT32_MAX));
  return parts;
}

void readPhases(const Fields& in, Phases& phases) {
  if (!in.has("accumulate")) {
    phases.first.resize(static_cast<size_t>(in.integer("parts", 1, INT32_MAX)));
    std::iota(phases.first.begin(), phases.first.end(), 0);
    return;
  }
  const Fields from = in.fields("accumulate");
  phases.batches = from.integer("batches", 1, INT32_MAX);
  phases.samples = from.integer("samples", 1);
  phases.first = readParts(from, "first");
  phases.next = readParts(from, "next");
  phases.shortened = readParts(from, "shortened");
  phases.update = readParts(from, "update");
  const Fields scale = from.fields("scale");
  phases.scale = {scale.place(), scale.dtype()};
}

void readCollect(const Fields& in, LoopSpec& spec) {
  in.each("collect", [&](const Fields& rows) {
    spec.collect.push_back(
        {{rows.buffer("source"), rows.integer("sourceOffset")}, rows.integer("rowBytes"), rows.buffer("target")});
  });
}

void readCounts(const Fields& in, LoopSpec& spec) {
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
  readPhases(in, spec.phases);
  if (in.has("begin")) spec.begin = readParts(in, "begin");
  if (in.has("settle")) spec.settle = readParts(in, "settle");
  if (in.has("indices")) spec.indices = in.fields("indices").place();
  if (in.has("scalars")) readScalars(in.fields("scalars"), spec);
  if (in.has("random")) spec.random = in.fields("random").place();
  readMetrics(in, spec);
  if (in.has("firstSums")) spec.firstSums = doublesArgument(in.get("firstSums"), in.nameOf("firstSums"));
  if (in.has("collect")) readCollect(in, spec);
  if (in.has("progressMs")) spec.progressMs = static_cast<double>(in.integer("progressMs", 0, INT32_MAX));
  const std::string why = spec.check();
  if (!why.empty()) throwRange(value.Env(), in.nameOf("") + why);
  return spec;
}

}  // namespace ravine
