import { RavineError, internal } from '../errors.js';
import type { Graph } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { Trace, withTrace } from '../ir/trace.js';
import type { Tree } from '../ir/tree.js';
import { observeCalls } from '../nn/call.js';
import type { AnyModule } from '../nn/module.js';
import { at } from '../ops/check.js';
import { checkFinite } from '../ops/check-finite.js';
import { constant } from '../ops/constant.js';
import type { InputTypes } from '../optim/optimizer.js';
import { backward } from '../passes/differentiate.js';
import { formatType, type TensorType } from '../shape.js';
import { traceBatch } from './batch-graph.js';
import { rowGradients, type RowGradient } from './row-gradient.js';
import type { FlatParameters } from './flat.js';
import { sumsIn } from './objective.js';
import { inputIn, outputsOf, predictIn, type Prediction } from './prediction.js';
import type { BatchSpec, ModelParts } from './session.js';

/** A traced part and what its outputs are, in order. */
export interface StepGraph {
  readonly graph: Graph;
  /** Trailing outputs: what the logs are made of, the loss first if there is one. */
  readonly sums: readonly TensorType[];
  readonly effects: readonly Tensor[];
}

export interface TrainingGraph extends StepGraph {
  /** One sample, [1, …], as the network is given it. */
  readonly input: InputTypes;
  /** Of parameters of which the batch moves only some rows: what stands in their gradients' places among the outputs, and of which rows. */
  readonly rowwise: ReadonlyMap<Tensor, RowGradient>;
}

/** Of one output of the network, or of the only one, which has no name. */
export interface OutputType {
  readonly name: string | undefined;
  readonly type: TensorType;
}

export interface PredictionGraph extends StepGraph {
  readonly outputs: readonly OutputType[];
}

/** What the module at this path gives in the network's forward, at its first call. */
function layerIn(where: string, network: AnyModule, x: Tree, path: string): Tensor {
  const output = observeLayers(where, network, x, [path]).outputs.get(path);
  internal(output !== undefined, 'a layer without an output');
  return output;
}

/** What the network gives, and the modules at these paths at their first call; all that give one tensor where no paths are named. */
export function observeLayers(
  where: string,
  network: AnyModule,
  x: Tree,
  paths?: readonly string[],
): { prediction: Prediction; outputs: Map<string, Tensor> } {
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

/**
 * Gradients of the trainable parameters, loss, metrics: forward and backward of one batch. Outputs: gradients, sums, effects. Of the parameters in `rowwise`
 * whose gradient is the product of sparse rows and a slope, the slope stands in its place.
 */
export function traceTraining(
  parts: ModelParts,
  flat: FlatParameters,
  spec: BatchSpec,
  rowwise: readonly Tensor[] = [],
): TrainingGraph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    const batch = traceBatch(trace, spec, workTypeOf(flat));
    const { loss, sums } = sumsIn(parts, predictIn(parts.network, inputIn(batch)), batch);
    internal(loss !== undefined, 'training without a loss');
    checkFinite(loss);
    const parameters = flat.trainableEntries.map(({ parameter }) => parameter);
    const gradients = backward([loss], [constant(1, { dtype: loss.dtype, shape: loss.shape })], parameters);
    const rows = rowGradients(trace, parameters, gradients, rowwise, sums);
    const heads = parameters.map((parameter, i) => rows.get(parameter)?.slope ?? at(gradients, i));
    return { ...finish(trace, heads, sums), input: sampleOf(inputIn(batch)), rowwise: rows };
  });
}

function sampleOf(input: Tensor | Readonly<Record<string, Tensor>>): InputTypes {
  const one = ({ dtype, shape }: TensorType): TensorType => ({ dtype, shape: [1, ...shape.slice(1)] });
  return input instanceof Tensor ? one(input) : new Map(Object.entries(input).map(([name, x]) => [name, one(x)]));
}

/** Loss and metrics of one batch as evaluation has them. Outputs: sums. */
export function traceEvaluation(parts: ModelParts, flat: FlatParameters, spec: BatchSpec): StepGraph {
  const trace = new Trace();
  return withTrace(trace, () => {
    const batch = traceBatch(trace, spec, workTypeOf(flat));
    return finish(trace, [], sumsIn(parts, predictIn(parts.network, inputIn(batch)), batch).sums);
  });
}

/** The network's outputs for one batch. Outputs: the predictions. */
export function tracePrediction(parts: ModelParts, flat: FlatParameters, spec: BatchSpec): PredictionGraph {
  const trace = new Trace();
  return withTrace(trace, () => {
    const x = inputIn(traceBatch(trace, spec, workTypeOf(flat)));
    const outputs = outputsOf(
      spec.layer === undefined ? predictIn(parts.network, x) : layerIn('predict', parts.network, x, spec.layer),
    );
    for (const [name, { dtype, shape }] of outputs) {
      if (shape[0] === spec.samples) continue;
      const which = name === undefined ? 'an output' : `'${name}' to have an output`;
      throw new RavineError(
        'shape',
        'predict',
        `expected ${which} for each of ${spec.samples} samples, got ${formatType({ dtype, shape })}`,
      );
    }
    const step = finish(
      trace,
      outputs.map(([, tensor]) => tensor),
      [],
    );
    return { ...step, outputs: outputs.map(([name, { dtype, shape }]) => ({ name, type: { dtype, shape } })) };
  });
}

/** Loss and optimiser work in the parameters' type. */
export function workTypeOf(flat: FlatParameters): 'float32' | 'float64' {
  return flat.dtype === 'float64' ? 'float64' : 'float32';
}

function finish(trace: Trace, heads: readonly Tensor[], sums: readonly Tensor[]): StepGraph {
  const effects = trace.effects;
  const graph = trace.finish([...heads, ...sums, ...effects.map(({ value }) => trace.tensorOf(value))]);
  return {
    graph,
    sums: sums.map(({ dtype, shape }) => ({ dtype, shape })),
    effects: effects.map(({ target }) => target),
  };
}
