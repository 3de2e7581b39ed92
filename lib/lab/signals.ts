import { Dataset } from '../data/dataset.js';
import { from, type DataFields } from '../data/from.js';
import { RavineError, describe, internal } from '../errors.js';
import { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { Trace, withTrace } from '../ir/trace.js';
import { observeCalls } from '../nn/call.js';
import { Module, type AnyModule } from '../nn/module.js';
import { Parameter } from '../nn/parameter.js';
import { cast } from '../ops/cast.js';
import { eq } from '../ops/compare.js';
import { stack } from '../ops/concat.js';
import { arange, constant } from '../ops/constant.js';
import { sqrt } from '../ops/elementwise.js';
import { mean } from '../ops/reduce.js';
import { variance } from '../ops/statistics.js';
import { tensor } from '../ops/create.js';
import { checkNames, nonNegativeInteger } from '../options.js';
import { backward } from '../passes/differentiate.js';
import { interpret } from '../runtime/interpret.js';
import type { Shape } from '../shape.js';
import { formatTable } from '../table.js';
import { traceBatch } from '../train/batch-graph.js';
import { Model } from '../train/model.js';
import { lossIn } from '../train/objective.js';
import { inputIn, predictIn, type Prediction } from '../train/prediction.js';
import { batchSpec, tensorsOf } from '../train/sources.js';
import { hasLoss, type ModelParts } from '../train/session.js';
import { checkFields } from '../train/targets.js';
import { isFloat } from '../dtype.js';

/** The scale of a tensor's elements. */
export interface Scale {
  readonly mean: number;
  readonly deviation: number;
  /** The share of elements that are 0. */
  readonly zeros: number;
}

/** What one layer gives, and the loss's gradient with respect to it. */
export interface LayerSignal {
  readonly path: string;
  readonly layer: string;
  readonly shape: Shape;
  readonly activation: Scale;
  readonly gradient: Scale;
}

/** One row a layer, in the order of their calls. `String(signals)` is a table. */
export class Signals {
  constructor(readonly layers: readonly LayerSignal[]) {}

  toString(): string {
    const head = ['path', 'layer', 'output', 'mean', 'deviation', 'zeros', 'gradient', 'zeros'];
    const cells = this.layers.map(({ path, layer, shape, activation, gradient }) => [
      path,
      layer,
      `[${shape.join(', ')}]`,
      ...[activation.mean, activation.deviation].map((value) => value.toPrecision(3)),
      percent(activation.zeros),
      gradient.deviation.toPrecision(3),
      percent(gradient.zeros),
    ]);
    return formatTable(head, cells, 3).join('\n');
  }
}

export interface SignalOptions {
  /** Of what dropout drops. Default 0. */
  readonly seed?: number;
}

/** A trace whose random words are an argument: nothing but the given seed decides what is dropped. */
class SeededTrace extends Trace {
  #words: Tensor | undefined;

  constructor(readonly place: number) {
    super({ training: true });
  }

  override random(): Tensor {
    this.#words ??= this.input({ dtype: 'int32', shape: [6] }, { kind: 'argument', index: this.place });
    return this.#words;
  }
}

interface Call {
  readonly path: string;
  readonly layer: string;
  readonly output: Tensor;
}

const where = 'lab.signals';

/**
 * The scale of activations and gradients, layer by layer, for one batch { x, y } as training sees it: where they grow or shrink from layer to layer, weights
 * start badly (Glorot & Bengio 2010). Changes nothing: running statistics stay as they are.
 */
export function signals<Output extends Prediction>(
  model: Model<Output>,
  batch: Dataset | DataFields,
  options: SignalOptions = {},
): Signals {
  if (!(model instanceof Model)) throw new RavineError('option', where, `expected a model, got ${describe(model)}`);
  checkNames(where, options, ['seed']);
  const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
  const dataset = batch instanceof Dataset ? batch : from(batch);
  try {
    return tidy(() => measure(model.parts, dataset, seed));
  } finally {
    if (dataset !== batch) dataset.dispose();
  }
}

function measure(parts: ModelParts, dataset: Dataset, seed: number): Signals {
  const { network } = parts;
  if (!hasLoss(parts))
    throw new RavineError('option', where, 'expected a model with a loss', { help: 'new Model(network, { loss })' });
  checkFields(where, parts.heads, [...dataset.fields.keys()]);
  const spec = batchSpec(dataset, dataset.samples, ['x', 'y', 'sampleWeight']);
  const tensors = spec.fields.flatMap(({ name }) => tensorsOf(dataset, name));
  const trace = new SeededTrace(tensors.length + 1);
  const { calls, graph } = withTrace(trace, () => {
    const fields = traceBatch(trace, spec, workTypeOf(network));
    const seen: Call[] = [];
    const prediction = observeCalls(
      (path, module, output) => see(seen, path, module, output),
      () => predictIn(network, inputIn(fields)),
    );
    const value = lossIn(parts, prediction, fields);
    const outputs = seen.map(({ output }) => output);
    const gradients = backward([value], [constant(1, { dtype: value.dtype, shape: value.shape })], outputs);
    return { calls: seen, graph: trace.finish([...outputs, ...gradients].map(scaleOf)) };
  });
  const scales = interpret(graph, [...tensors, arange(0, dataset.samples, 1, { dtype: 'int32' }), wordsOf(seed)]).map(readScale);
  return new Signals(
    calls.map(({ path, layer, output }, i) => {
      const [activation, gradient] = [scales[i], scales[calls.length + i]];
      internal(activation !== undefined && gradient !== undefined, 'a layer without a scale');
      return { path, layer, shape: output.shape, activation, gradient };
    }),
  );
}

/** Layers, not what merely holds layers. */
function see(seen: Call[], path: string, module: AnyModule, output: unknown): void {
  const members = [...module.members()].map(([, member]) => member);
  const isContainer =
    members.some((member) => member instanceof Module) && !members.some((member) => member instanceof Parameter);
  if (isContainer || !(output instanceof Tensor) || !isFloat(output.dtype)) return;
  seen.push({ path, layer: module.toString(), output });
}

/** [mean, deviation, share of zeros], in double: in float32 squares of what is below 1e-19 are 0, and of what is above 1e19 infinite. */
function scaleOf(x: Tensor): Tensor {
  const wide = cast(x, 'float64');
  return stack([mean(wide), sqrt(variance(wide)), mean(cast(eq(wide, 0), 'float64'))]);
}

function readScale(scale: Tensor): Scale {
  const [average = NaN, deviation = NaN, zeros = NaN] = scale.data();
  return { mean: average, deviation, zeros };
}

function wordsOf(seed: number): Tensor {
  return tensor(Int32Array.from(Uint32Array.of(seed % 2 ** 32, Math.floor(seed / 2 ** 32), 0, 0, 0, 0)));
}

function workTypeOf(network: AnyModule): 'float32' | 'float64' {
  for (const [, member] of network.members()) {
    const dtype = member instanceof Parameter ? member.dtype : member instanceof Module ? workTypeOf(member) : undefined;
    if (dtype === 'float64') return 'float64';
  }
  return 'float32';
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
