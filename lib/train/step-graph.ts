import { RavineError, internal } from '../errors.js';
import type { Graph } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import { observeCalls } from '../nn/call.js';
import type { AnyModule } from '../nn/module.js';
import { checkFinite } from '../ops/check-finite.js';
import { constant } from '../ops/constant.js';
import { add } from '../ops/elementwise.js';
import { reshape } from '../ops/reshape.js';
import { backward } from '../passes/differentiate.js';
import { formatType, type TensorType } from '../shape.js';
import { traceBatch } from './batch-graph.js';
import type { FlatParameters } from './flat.js';
import { penaltyIn } from './penalty.js';
import type { Batch, BatchSpec, ModelParts } from './session.js';

/** A traced part and what its outputs are, in order. */
export interface StepGraph {
  readonly graph: Graph;
  /** Trailing outputs: the loss if there is one, then every metric's sums. */
  readonly sums: readonly TensorType[];
  readonly effects: readonly Tensor[];
  readonly prediction: TensorType;
}

export interface TrainingGraph extends StepGraph {
  /** One sample, [1, …], as the network is given it. */
  readonly input: TensorType;
}

export function field(batch: Batch, name: string): Tensor {
  const tensor = batch.get(name);
  if (tensor === undefined)
    throw new RavineError('data', 'fit', `expected data with '${name}', got ${[...batch.keys()].join(', ') || 'nothing'}`);
  return tensor;
}

/** Runs the network's forward and checks what comes out. */
export function predictIn(network: AnyModule, x: Tensor): Tensor {
  const prediction: unknown = network.forward(x);
  if (!(prediction instanceof Tensor))
    throw new RavineError('trace', 'model', 'expected the network to return a tensor', { help: 'forward must not be async' });
  return prediction;
}

/** What the modules at these paths give in the network's forward, at their first call. */
export function layerIn(where: string, network: AnyModule, x: Tensor, paths: readonly string[]): Tensor[] {
  return [...observeLayers(where, network, x, paths).outputs.values()];
}

/** The same by path, with what the network gives; of all modules that give one tensor where no paths are named. */
export function observeLayers(
  where: string,
  network: AnyModule,
  x: Tensor,
  paths?: readonly string[],
): { prediction: Tensor; outputs: Map<string, Tensor> } {
  const seen = new Map<string, Tensor>();
  const observe = (path: string, _: AnyModule, output: unknown): void => {
    if (output instanceof Tensor && !seen.has(path)) seen.set(path, output);
  };
  const prediction = observeCalls(observe, () => predictIn(network, x));
  const wanted = paths ?? [...seen.keys()];
  const outputs = wanted.map((path): [string, Tensor] => {
    const output = seen.get(path);
    if (output) return [path, output];
    throw new RavineError('option', where, `expected the path of a module that gives a tensor, got '${path}'`, {
      help: `they are ${[...seen.keys()].map((known) => `'${known}'`).join(', ')}`,
    });
  });
  return { prediction, outputs: new Map(outputs) };
}

/** Gradients of the trainable parameters, loss, metrics: forward and backward of one batch. Outputs: gradients, sums, effects. */
export function traceTraining(parts: ModelParts, flat: FlatParameters, spec: BatchSpec): TrainingGraph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    const batch = traceBatch(trace, spec, workTypeOf(flat));
    const target = field(batch, 'y');
    const x = field(batch, 'x');
    const prediction = predictIn(parts.network, x);
    internal(parts.loss !== undefined, 'training without a loss');
    const sampleWeight = batch.get('sampleWeight');
    const loss = lossIn(parts, prediction, target, sampleWeight);
    checkFinite(loss);
    const parameters = flat.trainableEntries.map(({ parameter }) => parameter);
    const gradients = backward([loss], [constant(1, { dtype: loss.dtype, shape: loss.shape })], parameters);
    const sums = metricSums(parts, prediction, target, sampleWeight);
    const step = finish(trace, gradients, [loss, ...sums], prediction);
    return { ...step, input: { dtype: x.dtype, shape: [1, ...x.shape.slice(1)] } };
  });
}

/** Loss and metrics of one batch as evaluation has them. Outputs: sums. */
export function traceEvaluation(parts: ModelParts, flat: FlatParameters, spec: BatchSpec): StepGraph {
  const trace = new Trace();
  return withTrace(trace, () => {
    const batch = traceBatch(trace, spec, workTypeOf(flat));
    const target = field(batch, 'y');
    const prediction = predictIn(parts.network, field(batch, 'x'));
    const sampleWeight = batch.get('sampleWeight');
    const losses = parts.loss ? [lossIn(parts, prediction, target, sampleWeight)] : [];
    return finish(trace, [], [...losses, ...metricSums(parts, prediction, target, sampleWeight)], prediction);
  });
}

/** The network's output for one batch. Outputs: the prediction. */
export function tracePrediction(parts: ModelParts, flat: FlatParameters, spec: BatchSpec): StepGraph {
  const trace = new Trace();
  return withTrace(trace, () => {
    const x = field(traceBatch(trace, spec, workTypeOf(flat)), 'x');
    const prediction =
      spec.layer === undefined ? predictIn(parts.network, x) : layerIn('predict', parts.network, x, [spec.layer])[0];
    internal(prediction !== undefined, 'a layer without an output');
    if (prediction.shape[0] !== spec.samples)
      throw new RavineError(
        'shape',
        'predict',
        `expected an output for each of ${spec.samples} samples, got ${formatType(prediction)}`,
      );
    return finish(trace, [prediction], [], prediction);
  });
}

/** Loss and optimiser work in the parameters' type. */
export function workTypeOf(flat: FlatParameters): 'float32' | 'float64' {
  return flat.dtype === 'float64' ? 'float64' : 'float32';
}

/** What training makes small: the mean loss of the batch, and the regularizers' λR(w) once, whatever samples weigh. */
export function lossIn(parts: ModelParts, prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): Tensor {
  const loss = parts.loss?.call(prediction, target, sampleWeight);
  if (!(loss instanceof Tensor) || loss.size !== 1)
    throw new RavineError(
      'shape',
      parts.loss?.name ?? 'loss',
      `expected a loss that is one number, got ${loss instanceof Tensor ? formatType(loss) : String(loss)}`,
    );
  const dtype = loss.dtype === 'float64' ? 'float64' : 'float32';
  const penalty = penaltyIn(parts.network, parts.regularizer, dtype);
  return penalty ? add(reshape(loss, []), penalty) : loss;
}

function metricSums(parts: ModelParts, prediction: Tensor, target: Tensor, sampleWeight: Tensor | undefined): Tensor[] {
  return parts.metrics.flatMap((metric) => [
    ...metric.accumulate(prediction, target, metric.isWeighted ? sampleWeight : undefined),
  ]);
}

function finish(trace: Trace, heads: readonly Tensor[], sums: readonly Tensor[], prediction: Tensor): StepGraph {
  const effects = trace.effects;
  const graph = trace.finish([...heads, ...sums, ...effects.map(({ value }) => trace.tensorOf(value))]);
  return {
    graph,
    sums: sums.map(({ dtype, shape }) => ({ dtype, shape })),
    effects: effects.map(({ target }) => target),
    prediction: { dtype: prediction.dtype, shape: prediction.shape },
  };
}
