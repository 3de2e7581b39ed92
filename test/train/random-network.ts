import { nn } from '../../lib/index.js';
import type { Draw } from '../seeded.js';

type Layer = nn.Module;

const options = { dtype: 'float64' } as const;

const activations = [nn.relu, nn.tanh, nn.sigmoid, nn.gelu, nn.silu, nn.softplus, nn.elu, nn.identity];

const chain = (layers: readonly Layer[]): Layer => new nn.Sequential(layers);

type Norms = readonly ((features: number) => Layer[])[];
const batchNorm = (features: number): Layer[] => [nn.batchNorm(features, options)];
const others: Norms = [() => [], (features) => [nn.layerNorm(features, options)], (features) => [nn.rmsNorm(features, options)]];

/** A layer, a norm or none, an activation. A batch norm takes every bias out again, whose gradient is all rounding then: it has none before it. */
function block(draw: Draw, to: number, norms: Norms, layer: (bias: boolean) => Layer): Layer {
  const norm = draw.pick([batchNorm, ...norms]);
  return chain([layer(norm !== batchNorm && draw.pick([true, false])), ...norm(to), draw.pick(activations)()]);
}

/** From [from] to [to]. */
function dense(draw: Draw, from: number, to: number): Layer {
  return block(draw, to, others, (bias) => nn.linear(from, to, { ...options, bias }));
}

/** From [height, width, from] to [height, width, to]. */
function convolution(draw: Draw, from: number, to: number): Layer {
  const norms: Norms = [...others, (features) => [nn.groupNorm(2, features, options)]];
  const size = draw.pick([1, 3]);
  return block(draw, to, norms, (bias) => nn.conv2d(from, to, size, { ...options, padding: 'same', bias }));
}

/** Up to three blocks, some of them beside a shortcut. */
function blocks(draw: Draw, block: () => Layer): Layer[] {
  return Array.from({ length: draw.integer(4) }, () => (draw.pick([true, false]) ? nn.residual(block()) : block()));
}

export interface RandomNetwork {
  readonly network: nn.Module;
  /** Of a sample. */
  readonly input: readonly number[];
}

/** A classifier of three classes that was put together at random. */
export function randomNetwork(draw: Draw): RandomNetwork {
  const last = nn.linear(4, 3, options);
  if (draw.pick([true, false]))
    return { input: [6], network: chain([dense(draw, 6, 4), ...blocks(draw, () => dense(draw, 4, 4)), last]) };
  const ends: readonly (() => Layer[])[] = [
    () => [nn.globalAvgPool()],
    () => [nn.maxPool2d(2), nn.globalMaxPool()],
    () => [nn.avgPool2d(2), nn.upsample(2), nn.adaptiveAvgPool2d(1), nn.flatten()],
  ];
  const body = [convolution(draw, 2, 4), ...blocks(draw, () => convolution(draw, 4, 4))];
  return { input: [6, 6, 2], network: chain([...body, ...draw.pick(ends)(), last]) };
}
