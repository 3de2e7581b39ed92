// startSparse: each kind of job reads its spec here, works on a thread of its own and gives its result back here.

#include "binding_fields.h"
#include "binding_job.h"
#include "binding_sparse.h"
#include "sparse_arrays.h"
#include "sparse_dual.h"
#include "sparse_file.h"
#include "sparse_score.h"
#include "sparse_sgd.h"

namespace ravine {
namespace {

std::shared_ptr<const SparseMatrix> matrixOf(const Fields& in) {
  return SparseHandle::from(in.get("matrix"), in.nameOf("matrix")).core();
}

// Int32 numbers from 0 to most − 1, copied.
std::vector<int32_t> numbersOf(const Fields& in, const char* field, int64_t most) {
  const Napi::Value value = in.get(field);
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_int32_array)
    throwType(value.Env(), in.nameOf(field) + ": expected an Int32Array");
  const ViewBytes view = viewArgument(value, in.nameOf(field));
  const auto* const first = reinterpret_cast<const int32_t*>(view.data);
  std::vector<int32_t> numbers(first, first + view.length / 4);
  for (const int32_t number : numbers)
    if (number < 0 || number >= most) throwRange(value.Env(), in.nameOf(field) + ": " + std::to_string(number));
  return numbers;
}

std::vector<int32_t> labelsOf(const Fields& in, const SparseMatrix& matrix, int64_t classes) {
  std::vector<int32_t> labels = numbersOf(in, "labels", classes);
  if (static_cast<int64_t>(labels.size()) != matrix.rows || matrix.rows > INT32_MAX)
    throwRange(in.get("labels").Env(), in.nameOf("labels") + ": expected one a row");
  return labels;
}

SparseLoss lossOf(const Fields& in) {
  const std::string name = in.text("loss");
  if (name == "hinge") return SparseLoss::hinge;
  if (name == "squaredHinge") return SparseLoss::squaredHinge;
  if (name == "log") return SparseLoss::log;
  if (name == "softmax") return SparseLoss::softmax;
  throwType(in.get("loss").Env(), in.nameOf("loss") + ": unknown");
}

SourceKey keyOf(const Fields& in) {
  const std::vector<double> numbers = doublesArgument(in.get("key"), in.nameOf("key"));
  if (numbers.size() != 4) throwRange(in.get("key").Env(), in.nameOf("key") + ": expected four numbers");
  SourceKey key{};
  for (size_t i = 0; i < 4; i++) key[i] = static_cast<int64_t>(numbers[i]);
  return key;
}

// { matrix: NativeSparse | null, labels: Float64Array }
Napi::Value rowsValue(Napi::Env env, const LabelledRows& rows) {
  Napi::Object result = Napi::Object::New(env);
  result.Set("matrix", rows.matrix ? Napi::Value(SparseHandle::make(env, rows.matrix)) : Napi::Value(env.Null()));
  result.Set("labels", doublesValue(env, rows.labels));
  return result;
}

// A job whose result is a matrix, with labels where it has some.
template <class Make>
Napi::Value startRows(const Napi::CallbackInfo& info, Make make) {
  const auto rows = std::make_shared<LabelledRows>();
  return JobLetter::start(
      info.Env(), info[1], [rows, make](Job& job) { *rows = make(job); },
      [rows](Napi::Env env) { return rowsValue(env, *rows); });
}

Napi::Value startArrays(const Napi::CallbackInfo& info, const Fields& in) {
  ArraysSpec spec;
  spec.rows = in.integer("rows", 0, INT32_MAX);
  spec.columns = in.integer("columns", 1, INT32_MAX);
  spec.entries = in.integer("entries");
  const std::string index = in.text("index");
  spec.index = index == "uint16" ? ArraysSpec::Index::u16 : index == "int32" ? ArraysSpec::Index::i32 : ArraysSpec::Index::u32;
  spec.offsets = in.buffer("offsets", (spec.rows + 1) * 8);
  spec.indices = in.buffer("indices", spec.entries * (index == "uint16" ? 2 : 4));
  if (in.has("values")) spec.values = in.buffer("values", spec.entries * 4);
  return startRows(info, [spec](Job& job) { return LabelledRows{fromArrays(spec, job), {}}; });
}

Napi::Value startSvmlight(const Napi::CallbackInfo& info, const Fields& in) {
  const SvmlightSpec spec{in.text("path"), in.integer("columns", 0, INT32_MAX), in.boolean("zeroBased")};
  return startRows(info, [spec](Job& job) { return readSvmlight(spec, job); });
}

Napi::Value startRead(const Napi::CallbackInfo& info, const Fields& in) {
  return startRows(info, [path = in.text("path"), key = keyOf(in)](Job&) { return readSparse(path, key); });
}

Napi::Value startWrite(const Napi::CallbackInfo& info, const Fields& in) {
  const auto rows = std::make_shared<LabelledRows>();
  rows->matrix = std::make_shared<SparseMatrix>(*matrixOf(in));
  rows->labels = doublesArgument(in.get("labels"), in.nameOf("labels"));
  if (!rows->labels.empty() && static_cast<int64_t>(rows->labels.size()) != rows->matrix->rows)
    throwRange(info.Env(), in.nameOf("labels") + ": expected one a row");
  return JobLetter::start(
      info.Env(), info[1], [rows, path = in.text("path"), key = keyOf(in)](Job&) { writeSparse(path, *rows, key); },
      [](Napi::Env env) { return env.Undefined(); });
}

Napi::Value startCounts(const Napi::CallbackInfo& info, const Fields& in) {
  const auto counts = std::make_shared<std::vector<double>>();
  return JobLetter::start(
      info.Env(), info[1], [counts, matrix = matrixOf(in)](Job&) { *counts = documentFrequencies(*matrix); },
      [counts](Napi::Env env) { return doublesValue(env, *counts); });
}

Napi::Value startWeighted(const Napi::CallbackInfo& info, const Fields& in) {
  const std::shared_ptr<const SparseMatrix> matrix = matrixOf(in);
  const std::vector<double> scale = doublesArgument(in.get("scale"), in.nameOf("scale"));
  if (!scale.empty() && static_cast<int64_t>(scale.size()) != matrix->columns)
    throwRange(info.Env(), in.nameOf("scale") + ": expected one a column");
  const std::string name = in.text("norm");
  const RowNorm norm = name == "l2" ? RowNorm::l2 : name == "l1" ? RowNorm::l1 : RowNorm::none;
  return startRows(info, [matrix, scale, norm, sublinear = in.boolean("sublinear")](Job&) {
    return LabelledRows{weighted(*matrix, scale, sublinear, norm), {}};
  });
}

Napi::Value startTake(const Napi::CallbackInfo& info, const Fields& in) {
  const std::shared_ptr<const SparseMatrix> matrix = matrixOf(in);
  return startRows(info, [matrix, rows = numbersOf(in, "rows", matrix->rows)](Job&) {
    return LabelledRows{takeRows(*matrix, rows), {}};
  });
}

Napi::Value startSgd(const Napi::CallbackInfo& info, const Fields& in) {
  SgdSpec spec;
  spec.matrix = matrixOf(in);
  spec.outputs = in.integer("outputs", 1, INT32_MAX);
  spec.labels = labelsOf(in, *spec.matrix, spec.outputs == 1 ? 2 : spec.outputs);
  spec.loss = lossOf(in);
  spec.epochs = in.integer("epochs", 1);
  spec.firstEpoch = in.integer("firstEpoch");
  spec.alpha = in.number("alpha");
  spec.l1Ratio = in.number("l1Ratio");
  spec.eta0 = in.number("eta0");
  spec.constant = in.boolean("constant");
  spec.average = in.boolean("average");
  spec.averageFrom = in.number("averageFrom");
  spec.interceptRate = in.number("interceptRate");
  spec.shuffle = in.boolean("shuffle");
  spec.seed = static_cast<uint64_t>(in.integer("seed"));
  const int64_t size = spec.matrix->columns * spec.outputs;
  spec.state.weights = in.buffer("weights", size * 4);
  if (spec.average) spec.state.averages = in.buffer("averages", size * 4);
  if (spec.l1Ratio > 0) spec.state.penalties = in.buffer("penalties", size * 8);
  spec.state.scalars = in.buffer("scalars", (2 * spec.outputs + 4) * 8);
  const auto result = std::make_shared<SgdResult>();
  return JobLetter::start(
      info.Env(), info[1], [spec, result](Job& job) { runSgd(spec, job, *result); },
      [result](Napi::Env env) {
        Napi::Object value = Napi::Object::New(env);
        value.Set("losses", doublesValue(env, result->losses));
        value.Set("steps", result->steps);
        value.Set("seconds", result->seconds);
        value.Set("stopped", result->stopped);
        value.Set("divergedAt", result->divergedAt);
        value.Set("eta", result->eta);
        return value;
      });
}

Napi::Value startDual(const Napi::CallbackInfo& info, const Fields& in) {
  DualSpec spec;
  spec.matrix = matrixOf(in);
  spec.outputs = in.integer("outputs", 1, INT32_MAX);
  spec.labels = labelsOf(in, *spec.matrix, spec.outputs == 1 ? 2 : spec.outputs);
  spec.loss = lossOf(in);
  spec.epochs = in.integer("epochs", 1);
  spec.alpha = in.number("alpha");
  spec.gap = in.number("gap");
  spec.intercept = in.boolean("intercept");
  spec.seed = static_cast<uint64_t>(in.integer("seed"));
  spec.weights = in.buffer("weights", spec.matrix->columns * spec.outputs * 4);
  spec.scalars = in.buffer("scalars", spec.outputs * 8);
  const auto result = std::make_shared<DualResult>();
  return JobLetter::start(
      info.Env(), info[1], [spec, result](Job& job) { runDual(spec, job, *result); },
      [result](Napi::Env env) {
        Napi::Object value = Napi::Object::New(env);
        value.Set("gaps", doublesValue(env, result->gaps));
        value.Set("objectives", doublesValue(env, result->objectives));
        value.Set("passes", doublesValue(env, result->passes));
        value.Set("seconds", result->seconds);
        value.Set("stopped", result->stopped);
        return value;
      });
}

Napi::Value startScore(const Napi::CallbackInfo& info, const Fields& in) {
  ScoreSpec spec;
  spec.matrix = matrixOf(in);
  spec.intercepts = doublesArgument(in.get("intercepts"), in.nameOf("intercepts"));
  if (spec.intercepts.empty()) throwRange(info.Env(), in.nameOf("intercepts") + ": expected one an output");
  spec.weights = in.buffer("weights", spec.matrix->columns * static_cast<int64_t>(spec.intercepts.size()) * 4);
  const std::string link = in.text("link");
  using Link = ScoreSpec::Link;
  spec.link = link == "classes"   ? Link::classes
              : link == "sigmoid" ? Link::sigmoid
              : link == "rest"    ? Link::rest
              : link == "softmax" ? Link::softmax
                                  : Link::none;
  const auto result = std::make_shared<std::shared_ptr<Buffer>>();
  return JobLetter::start(
      info.Env(), info[1], [spec, result](Job& job) { *result = scoreRows(spec, job); },
      [result](Napi::Env env) { return BufferHandle::make(env, *result); });
}

}  // namespace

Napi::Value startSparse(const Napi::CallbackInfo& info) {
  const Fields in(info[0], "[startSparse]");
  const std::string kind = in.text("kind");
  if (kind == "arrays") return startArrays(info, in);
  if (kind == "svmlight") return startSvmlight(info, in);
  if (kind == "read") return startRead(info, in);
  if (kind == "write") return startWrite(info, in);
  if (kind == "counts") return startCounts(info, in);
  if (kind == "weighted") return startWeighted(info, in);
  if (kind == "take") return startTake(info, in);
  if (kind == "sgd") return startSgd(info, in);
  if (kind == "dual") return startDual(info, in);
  if (kind == "score") return startScore(info, in);
  throwType(info.Env(), "[startSparse] kind: unknown");
}

}  // namespace ravine
