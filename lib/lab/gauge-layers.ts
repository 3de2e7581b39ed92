import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { Activation } from '../nn/activations.js';
import { Conv } from '../nn/conv.js';
import { ChannelDropout, Dropout } from '../nn/dropout.js';
import { Flatten } from '../nn/flatten.js';
import { Linear } from '../nn/linear.js';
import type { AnyModule } from '../nn/module.js';
import { namedModules, namedState } from '../nn/naming.js';
import type { Parameter } from '../nn/parameter.js';
import { GlobalPool, Pool } from '../nn/pool.js';
import { Sequential } from '../nn/sequential.js';
import { Upsample } from '../nn/upsample.js';
import { ZeroPad } from '../nn/zero-pad.js';
import { broadcastTo } from '../ops/broadcast.js';
import { square } from '../ops/elementwise.js';
import { sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';

/** A layer with weights: [outputs, inputs/groups, …] as in a state. */
export interface GaugeLayer {
  readonly path: string;
  readonly module: Linear | Conv;
  readonly outputs: number;
  readonly groups: number;
}

/** Units between two layers, which can be rescaled without a change of the function. */
export interface HiddenUnits {
  readonly before: GaugeLayer;
  readonly after: GaugeLayer;
  /** Features of the layer after for each unit: more than 1 where images are flattened. */
  readonly places: number;
  readonly order: Flatten['order'];
}

/** The hidden units of a chain of linear layers and convolutions with what is positively homogeneous between them: f(αx) = α·f(x) for every channel and α > 0. */
export function hiddenUnits(where: string, network: AnyModule): HiddenUnits[] {
  const chain = [...chainOf(network)];
  const layers = chain.flatMap((module, place) =>
    module instanceof Linear || module instanceof Conv ? [{ module, place }] : [],
  );
  const paths = new Map([...namedModules(network)].map(([path, module]) => [module, path]));
  if (layers.length === 0)
    throw new RavineError('option', where, `expected a chain of layers, got ${network.toString()}`, {
      help: 'see nn.sequential',
    });
  refuseTied(
    where,
    network,
    layers.flatMap(({ module }) => [module.weight, module.bias]),
  );
  const layerOf = (module: Linear | Conv): GaugeLayer => ({
    path: paths.get(module) ?? '',
    module,
    outputs: module instanceof Conv ? module.outChannels : module.outFeatures,
    groups: module instanceof Conv ? (module.options.groups ?? 1) : 1,
  });
  return layers.slice(1).map(({ module, place }, i) => {
    const before = layers[i] ?? { module, place };
    const between = chain.slice(before.place + 1, place);
    const other = between.find((member) => !isHomogeneous(member));
    if (other)
      throw new RavineError(
        'option',
        where,
        `expected ReLU, pooling, padding, dropout or flatten between the layers, got ${other.toString()} at '${paths.get(other)}'`,
        { help: 'only there 1/α·f(αx) = f(x)' },
      );
    return joint(
      where,
      layerOf(before.module),
      layerOf(module),
      between.find((member) => member instanceof Flatten),
    );
  });
}

function* chainOf(module: AnyModule): IterableIterator<AnyModule> {
  if (module instanceof Sequential) for (const layer of module.layers as readonly AnyModule[]) yield* chainOf(layer);
  else yield module;
}

function isHomogeneous(module: AnyModule): boolean {
  if (module instanceof Activation) return /^(relu|identity|leakyRelu\(.*\))$/u.test(module.name);
  return [Pool, GlobalPool, ZeroPad, Upsample, Dropout, ChannelDropout, Flatten].some((kind) => module instanceof kind);
}

function refuseTied(where: string, network: AnyModule, parameters: readonly (Parameter | undefined)[]): void {
  const names = new Map<unknown, string>();
  for (const [name, tensor] of namedState(network)) {
    const known = names.get(tensor);
    if (known !== undefined && parameters.some((parameter) => parameter === tensor))
      throw new RavineError('option', where, `expected parameters of one layer each, got '${known}' again as '${name}'`);
    names.set(tensor, name);
  }
}

function joint(where: string, before: GaugeLayer, after: GaugeLayer, flatten: Flatten | undefined): HiddenUnits {
  const inputs = after.module instanceof Conv ? after.module.inChannels : after.module.inFeatures;
  const places = inputs / before.outputs;
  if (!Number.isInteger(places) || (places > 1 && !flatten))
    throw new RavineError(
      'shape',
      where,
      `${after.module.toString()} at '${after.path}' does not fit ${before.outputs} units before it`,
    );
  return { before, after, places, order: flatten?.order ?? 'channels-first' };
}

/** A number for each unit as one for each input of the layer after: [units] → as its weights, [outputs, inputs/groups, 1 …]. */
export function overInputs({ before, after, places, order }: HiddenUnits, perUnit: Tensor, rank: number): Tensor {
  const units = before.outputs;
  const spread =
    order === 'channels-first'
      ? broadcastTo(reshape(perUnit, [units, 1]), [units, places])
      : broadcastTo(reshape(perUnit, [1, units]), [places, units]);
  const { outputs, groups } = after;
  const inputs = (units * places) / groups;
  const rows = broadcastTo(reshape(spread, [groups, 1, inputs]), [groups, outputs / groups, inputs]);
  return reshape(rows, [outputs, inputs, ...new Array<number>(rank - 2).fill(1)]);
}

/** Σ of the squares of a unit's outgoing weights, [units]; `weight` of the layer after. */
export function outgoingSquares({ before, after, places, order }: HiddenUnits, weight: Tensor): Tensor {
  const units = before.outputs;
  const { outputs, groups } = after;
  const perInput = sum(reshape(square(weight), [groups, outputs / groups, (units * places) / groups, -1]), { axis: [1, 3] });
  return order === 'channels-first'
    ? sum(reshape(perInput, [units, places]), { axis: 1 })
    : sum(reshape(perInput, [places, units]), { axis: 0 });
}
