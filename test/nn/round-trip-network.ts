import { readFileSync } from 'node:fs';
import { nn, type Tensor } from '../../lib/index.js';

/** A call of a factory, layers in it likewise: `["residual", ["linear", 4, 4]]`. */
type Call = readonly [string, ...unknown[]];

interface Case {
  readonly layer: Call;
  /** Whether axes lie as PyTorch's; else channels come first there and last here. */
  readonly alike: boolean;
}

export const cases = Object.entries(
  JSON.parse(readFileSync(new URL('../golden/round-trip.json', import.meta.url), 'utf8')) as Record<string, Case>,
);

/** The script's, with a parameter and a buffer of its own, an array and a plain object of layers. */
class Nested extends nn.Module {
  readonly scale: nn.Parameter;
  readonly offset: nn.Buffer;
  readonly blocks: readonly nn.Module[];
  readonly heads: Readonly<Record<'mean' | 'spread', nn.Module>>;

  constructor(features: number, dtype: 'float32' | 'float64') {
    super();
    this.scale = new nn.Parameter([features], { dtype });
    this.offset = new nn.Buffer([features], { dtype });
    this.blocks = [
      nn.linear(features, features, { dtype }),
      nn.sequential(nn.linear(features, features, { dtype }), nn.batchNorm(features, { dtype })),
    ];
    this.heads = { mean: nn.linear(features, 2, { dtype }), spread: nn.linear(features, 2, { dtype, bias: false }) };
  }

  override forward(x: Tensor): Tensor {
    const y = this.blocks.reduce((input, block) => block.forward(input), x.mul(this.scale).add(this.offset));
    return this.heads.mean.forward(y).add(this.heads.spread.forward(y));
  }
}

const isCall = (value: unknown): value is Call => Array.isArray(value) && typeof value[0] === 'string';
const isOptions = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof nn.Module);

/** Layers that hold parameters, hence have a dtype; how many arguments come before the options. */
const argumentsBefore: Readonly<Record<string, number>> = {
  linear: 2,
  conv1d: 3,
  conv2d: 3,
  depthwiseConv2d: 2,
  convTranspose1d: 3,
  convTranspose2d: 3,
  batchNorm: 1,
  layerNorm: 1,
  rmsNorm: 1,
  groupNorm: 2,
  instanceNorm: 1,
  embedding: 2,
  prelu: 1,
};

/** The layer of a call, in a dtype. */
export function build([name, ...given]: Call, dtype: 'float32' | 'float64'): nn.Module {
  const args = given.map((value) => (isCall(value) ? build(value, dtype) : value));
  if (name === 'nested') return new Nested(args[0] as number, dtype);
  if (name === 'tied') return new nn.Sequential([args[0], args[1], args[0]] as nn.Module[]);
  const before = argumentsBefore[name];
  const plain = args.filter((value) => !isOptions(value));
  if (before !== undefined) plain.length = before;
  const all = before === undefined ? args : [...plain, { ...args.find(isOptions), dtype }];
  return (nn[name as keyof typeof nn] as (...args: readonly unknown[]) => nn.Module)(...all);
}

/** All layers under their names, as the script's `ModuleDict`. */
export class EveryLayer extends nn.Module {
  constructor(readonly layers: Readonly<Record<string, nn.Module>>) {
    super();
  }

  override forward(x: Tensor): Tensor {
    return x;
  }

  override *members(): IterableIterator<[string, nn.Module]> {
    yield* Object.entries(this.layers);
  }
}
