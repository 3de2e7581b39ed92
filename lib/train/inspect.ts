import type { Dataset } from '../data/dataset.js';
import { RavineError, internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { arange, constant } from '../ops/constant.js';
import { boolean, checkNames } from '../options.js';
import { backward } from '../passes/differentiate.js';
import { jit } from '../runtime/jit.js';
import { gatherBatch } from './batch-graph.js';
import type { Engine } from './engine.js';
import { hasLoss } from './session.js';
import { fieldsOf } from './sources.js';
import { lossIn } from './objective.js';
import { inputIn } from './prediction.js';
import { observeLayers, workTypeOf } from './step-graph.js';
import { checkFields } from './targets.js';

export interface InspectOptions {
  /** Paths of the modules to look at; all that give one tensor unless given. The network itself is ''. */
  readonly layers?: readonly string[];
  /** Trace as in training: dropout drops, batch norm has the batch's statistics. Default true. */
  readonly training?: boolean;
}

export interface Inspection {
  readonly loss: number;
  /** By path, in the order in which calls end: what the layer gives at its first call, and the loss's gradient with respect to that. */
  readonly layers: ReadonlyMap<string, { readonly activation: Tensor; readonly gradient: Tensor }>;
  /** The loss's gradients with respect to the parameters that train, with the names and layouts of `stateDict`. */
  readonly parameters: ReadonlyMap<string, Tensor>;
}

export async function inspectModel(engine: Engine, dataset: Dataset, options: InspectOptions): Promise<Inspection> {
  const where = 'inspect';
  checkNames(where, options, ['layers', 'training']);
  const training = boolean(where, 'training', options.training ?? true);
  const { parts, memory } = engine;
  if (!hasLoss(parts))
    throw new RavineError('option', where, 'expected a model with a loss', { help: 'new Model(network, { loss })' });
  checkFields(where, parts.heads, [...dataset.fields.keys()]);
  const entries = memory.flat.namesInOrder.filter(({ parameter }) => parameter.trainable);
  let paths: readonly string[] = [];
  const look = jit(
    (indices: Tensor) => {
      const trace = currentTrace();
      internal(trace !== undefined, 'an inspection outside of a trace');
      const batch = gatherBatch(trace, dataset, fieldsOf(dataset, ['x', 'y', 'sampleWeight']), indices, workTypeOf(memory.flat));
      const { prediction, outputs } = observeLayers(where, parts.network, inputIn(batch), options.layers);
      const loss = lossIn(parts, prediction, batch);
      const activations = [...outputs.values()];
      const wrt = [...activations, ...entries.map(({ parameter }) => parameter)];
      const gradients = backward([loss], [constant(1, { dtype: loss.dtype, shape: loss.shape })], wrt);
      paths = [...outputs.keys()];
      trace.dropEffects();
      const external = entries.map(({ parameter: { layout } }, i) => {
        const gradient = gradients[activations.length + i];
        internal(gradient !== undefined, 'a parameter without a gradient');
        return layout ? layout.toExternal(gradient) : gradient;
      });
      return { loss, activations, gradients: gradients.slice(0, activations.length), parameters: external };
    },
    { training },
  );
  const indices = arange(0, dataset.samples, 1, { dtype: 'int32' });
  const found = await look(indices);
  indices.dispose();
  const loss = found.loss.item();
  found.loss.dispose();
  const of = (list: readonly Tensor[], i: number): Tensor => {
    const tensor = list[i];
    internal(tensor !== undefined, 'a layer without its tensors');
    return tensor;
  };
  return {
    loss,
    layers: new Map(paths.map((path, i) => [path, { activation: of(found.activations, i), gradient: of(found.gradients, i) }])),
    parameters: new Map(entries.map(({ name }, i) => [name, of(found.parameters, i)])),
  };
}
