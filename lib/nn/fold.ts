import { RavineError, describe } from '../errors.js';
import type { Value } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { flatten, type Tree } from '../ir/tree.js';
import { identity } from './activations.js';
import type { BatchNorm } from './batch-norm.js';
import type { Conv } from './conv.js';
import { foldNorm, isMergeable, takesNorm } from './fold-norm.js';
import { Folded } from './folded.js';
import type { Linear } from './linear.js';
import { Module, walk, type AnyModule } from './module.js';
import { Residual } from './residual.js';
import { Sequential } from './sequential.js';
import { inputType, traceShapes, type InputShape } from './shape-trace.js';

/**
 * A network for deployment: every batch normalisation directly behind a linear layer or a convolution is merged into it. The same outputs to rounding as the
 * network in testing, from fewer ops. All other layers are the network's own; the network stays as it is.
 *
 * In chains and residual connections the order is known. What a module of one's own calls is seen by running its forward on an input of `inputShape`, that of
 * one sample, or of several inputs one each by name: `fold(network, [32, 32, 3])`. There, layers are merged that are called once and whose output goes into
 * the normalisation alone.
 */
export function fold(network: Sequential, inputShape?: InputShape): Sequential;
export function fold(network: Residual, inputShape?: InputShape): Residual;
export function fold<Output extends Tree, Inputs extends readonly Tree[]>(
  network: Module<Output, Inputs>,
  inputShape?: InputShape,
): Module<Output, Inputs>;
export function fold(network: AnyModule, inputShape?: InputShape): AnyModule {
  const given: unknown = network;
  if (!(given instanceof Module)) throw new RavineError('option', 'fold', `expected a module, got ${describe(given)}`);
  return foldIn(network, inputShape && pairsIn(network, inputShape));
}

/** Normalisations, each with the layer that it is merged into. */
type Pairs = ReadonlyMap<BatchNorm, Linear | Conv>;

function foldIn(network: AnyModule, pairs: Pairs | undefined): AnyModule {
  if (isResidual(network)) return foldResidual(network, pairs);
  return isChain(network) ? foldChain(network, pairs) : foldOwn(network, pairs);
}

function foldChain(network: Sequential, pairs: Pairs | undefined): Sequential {
  const layers: Module[] = [];
  for (const layer of network.layers) {
    const before = layers.at(-1);
    if (before && takesNorm(before) && isMergeable(layer)) layers[layers.length - 1] = foldNorm(before, layer);
    else layers.push(foldLayer(layer, pairs));
  }
  return new Sequential(layers);
}

function foldResidual({ body, shortcut }: Residual, pairs: Pairs | undefined): Residual {
  return new Residual(foldLayer(body, pairs), shortcut && foldLayer(shortcut, pairs));
}

/** A layer of tensors stays one. */
function foldLayer(layer: Module, pairs: Pairs | undefined): Module {
  return foldIn(layer, pairs) as Module;
}

function foldOwn(network: AnyModule, pairs: Pairs | undefined): AnyModule {
  const members = new Set([...walk(network)].map(([, member]) => member));
  const norms = [...members].flatMap((member) => (member instanceof Module && isMergeable(member) ? [member] : []));
  if (norms.length === 0 || norms[0] === network) return network;
  if (!pairs)
    throw new RavineError('option', 'fold', `what the forward of ${network.toString()} calls is seen by running it`, {
      help: 'give the shape of one sample: fold(network, [32, 32, 3])',
    });
  const merged = new Map<AnyModule, AnyModule>();
  for (const norm of norms) {
    const layer = pairs.get(norm);
    if (layer && members.has(layer)) merged.set(layer, foldNorm(layer, norm)).set(norm, identity());
  }
  return merged.size === 0 ? network : new Folded(network, merged);
}

interface Call {
  readonly path: string;
  readonly input: Value | undefined;
  readonly output: Value | undefined;
}

function pairsIn(network: AnyModule, inputShape: InputShape): Pairs {
  const calls = new Map<AnyModule, Call[]>();
  const { trace, output } = traceShapes(network, [inputType('fold', network, inputShape)], (path, module, given, inputs) => {
    const known = calls.get(module) ?? [];
    calls.set(module, known);
    known.push({ path, input: valueOf(inputs[0]), output: valueOf(given) });
  });
  const { nodes, outputs } = trace.finish(flatten('fold', output).leaves);
  const kept = new Set([...outputs, ...trace.effects.map(({ value }) => value)]);
  const pairs = new Map<BatchNorm, Linear | Conv>();
  for (const [norm, [call, ...more]] of calls) {
    const between = call?.input;
    if (!isMergeable(norm) || !between || more.length > 0 || kept.has(between)) continue;
    const users = nodes.filter(({ inputs }) => inputs.includes(between));
    const layer = [...calls].find(([module, [own]]) => takesNorm(module) && own?.output === between)?.[0];
    if (!layer || !takesNorm(layer) || calls.get(layer)?.length !== 1) continue;
    if (users.every(({ scope }) => scope === call.path)) pairs.set(norm, layer);
  }
  return pairs;
}

const valueOf = (given: Tree | undefined): Value | undefined => (given instanceof Tensor ? given.value : undefined);
const isChain = (layer: AnyModule): layer is Sequential => layer instanceof Sequential;
const isResidual = (layer: AnyModule): layer is Residual => layer instanceof Residual;
