import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import * as nn from '../../lib/nn/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad, jit, valueAndGrad } from '../../lib/runtime/index.js';
import { checkGradients } from '../../lib/runtime/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';

interface Golden {
  readonly x: readonly number[];
  readonly cases: readonly {
    readonly name: string;
    readonly options: { readonly slope?: number; readonly alpha?: number; readonly approximate?: 'tanh' };
    readonly y: readonly number[];
    readonly gradient: readonly number[];
  }[];
  readonly prelu: readonly {
    readonly slope: readonly number[];
    readonly y: readonly number[];
    readonly gradient: readonly number[];
    readonly slopeGradient: readonly number[];
  }[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/activations.json', import.meta.url), 'utf8')) as Golden;
const tensorOf = (data: readonly number[], dtype: Float, shape: readonly number[] = [data.length]) =>
  ops.tensor(Float64Array.from(data), { shape, dtype });
const float64 = (data: readonly number[], shape?: readonly number[]) => tensorOf(data, 'float64', shape);

type Options = Golden['cases'][number]['options'];
const { relu6, selu, silu, mish, softplus, logSigmoid, hardTanh, hardSigmoid, hardSwish, softsign } = ops;
const plain = {
  relu: ops.relu,
  tanh: ops.tanh,
  sigmoid: ops.sigmoid,
  relu6,
  selu,
  silu,
  mish,
  softplus,
  logSigmoid,
  hardTanh,
  hardSigmoid,
  hardSwish,
  softsign,
};
const byName: Readonly<Record<string, (x: Tensor, options: Options) => Tensor>> = {
  ...plain,
  softmax: (x) => ops.softmax(x),
  logSoftmax: (x) => ops.logSoftmax(x),
  glu: (x) => ops.glu(x),
  gelu: (x, { approximate }) => ops.gelu(x, approximate && { approximate }),
  leakyRelu: (x, { slope }) => ops.leakyRelu(x, slope),
  elu: (x, { alpha }) => ops.elu(x, alpha),
};
const layers: Readonly<Record<string, (options: Options) => nn.Module>> = {
  relu: nn.relu,
  tanh: nn.tanh,
  sigmoid: nn.sigmoid,
  softmax: nn.softmax,
  logSoftmax: nn.logSoftmax,
  relu6: nn.relu6,
  selu: nn.selu,
  silu: nn.silu,
  mish: nn.mish,
  softplus: nn.softplus,
  logSigmoid: nn.logSigmoid,
  hardTanh: nn.hardTanh,
  hardSigmoid: nn.hardSigmoid,
  hardSwish: nn.hardSwish,
  softsign: nn.softsign,
  glu: nn.glu,
  gelu: ({ approximate }) => nn.gelu(approximate && { approximate }),
  leakyRelu: ({ slope }) => nn.leakyRelu(slope),
  elu: ({ alpha }) => nn.elu(alpha),
};

/** Σ yᵢ·(1 + (i mod 5)/4), as the recorded gradients have it. */
function weighted(y: Tensor): Tensor {
  const weights = Array.from({ length: y.size }, (_, i) => 1 + (i % 5) / 4);
  return ops.sum(ops.mul(y, tensorOf(weights, y.dtype as Float, y.shape)));
}

/**
 * Where two numbers near 1 cancel, as in 1 + erf and in x·σ′ + σ, neither side has better than a few roundings of the terms, which grow with x until one of
 * them underflows.
 */
const termsAt =
  (x: readonly number[]) =>
  (i: number): number =>
    Math.min(10, Math.max(1, Math.abs(x[i] ?? 0)));

describe.each(floats)('activations recorded from PyTorch, values and gradients to ±1000, in %s', (dtype) => {
  for (const { name, options, y, gradient } of golden.cases) {
    it(`${name} ${JSON.stringify(options)}`, () => {
      const apply = byName[name];
      const layer = layers[name]?.(options);
      if (!apply || !layer) throw new Error(`no ${name}`);
      const x = tensorOf(golden.x, dtype);
      const terms = termsAt(name === 'glu' ? golden.x.slice(0, y.length) : golden.x);
      expectGolden(apply(x, options), y, 'activations', terms);
      // PyTorch's own hardsigmoid_backward takes 1/6 in float32, for float64 too.
      const exact = name === 'hardSigmoid' ? gradient.map((value) => (value / Math.fround(1 / 6)) * (1 / 6)) : gradient;
      expectGolden(grad((at: Tensor) => weighted(apply(at, options)))(x), exact, 'activations', termsAt(golden.x));
      expectGolden(jit((at: Tensor) => layer.forward(at)).sync(x), y, 'activations', terms);
    });
  }

  for (const { slope, y, gradient, slopeGradient } of golden.prelu) {
    it(`prelu with ${slope.length} slopes`, () => {
      const x = tensorOf(golden.x, dtype, [6, 4]);
      const slopes = tensorOf(slope, dtype);
      expectGolden(ops.prelu(x, slopes), y, 'activations', termsAt(golden.x));
      const f = (at: Tensor, by: Tensor): Tensor => weighted(ops.prelu(at, by));
      expectGolden(grad(f)(x, slopes), gradient, 'activations', termsAt(golden.x));
      expectGolden(grad(f, { argument: 1 })(x, slopes), slopeGradient, 'activations', termsAt(slopeGradient));
    });
  }

  it('every activation has a case', () => {
    const recorded = [...golden.cases.map(({ name }) => name), 'prelu', 'identity'];
    const others = [...Object.keys(layers), ...Object.keys(byName)];
    expect(others.filter((name) => !recorded.includes(name))).toEqual([]);
  });
});

describe('in float32', () => {
  const x = ops.tensor([-1000, -90, -1, 0, 1, 90, 1000, 3.4e38, -3.4e38]);
  for (const name of [
    'relu6',
    'leakyRelu',
    'elu',
    'selu',
    'gelu',
    'silu',
    'mish',
    'softplus',
    'hardTanh',
    'hardSigmoid',
    'softsign',
  ]) {
    it(`${name} and its gradient have no NaN at the ends of the range`, () => {
      const [y, dx] = valueAndGrad((at: Tensor) => ops.sum(byName[name]?.(at, {}) ?? at))(x);
      expect([...(byName[name]?.(x, {}) ?? x).data(), ...dx.data()].filter(Number.isNaN)).toEqual([]);
      expect(y.item()).not.toBeNaN();
    });
  }
});

describe('second derivatives', () => {
  it('agree with differences away from corners', () => {
    const x = float64([-2.25, -0.75, 0.5, 1.75]);
    for (const { name, options } of golden.cases) {
      const first = (at: Tensor): Tensor => grad((inner: Tensor) => weighted(byName[name]?.(inner, options) ?? inner))(at);
      expect(() => checkGradients((at) => weighted(first(at)), [x]), name).not.toThrow();
    }
  });

  it('are σ′(0) = ¼ for softplus at 0', () => {
    const slope = grad((x: Tensor) => ops.softplus(x));
    expect([slope(ops.scalar(0)).item(), grad(slope)(ops.scalar(0)).item()]).toEqual([0.5, 0.25]);
  });
});

describe('bad input', () => {
  it('is answered by name', () => {
    const x = ops.tensor([[1, 2, 3]]);
    expect(() => ops.glu(x)).toThrow('[glu] expected an even length of axis 1, got float32[1,3]');
    expect(() => ops.prelu(x, ops.tensor([1, 2]))).toThrow(
      "[prelu] expected one slope, or one for each feature of x's last axis, got float32[1,3] and float32[2]",
    );
    expect(() => ops.silu(ops.tensor([1], { dtype: 'int32' }))).toThrow(
      '[silu] expected x to be float32 or float64, got int32[1]',
    );
    expect(() => ops.elu(x, -1)).toThrow('[elu] expected alpha to be a finite number ≥ 0, got -1');
    expect(() => nn.leakyRelu(NaN)).toThrow('[leakyRelu] expected slope to be a finite number');
    expect(() => nn.gelu({ approximate: 'tan' as 'tanh' })).toThrow("[gelu] expected approximate to be 'none' or 'tanh', got");
    expect(() => nn.prelu(0)).toThrow('[prelu] expected features to be a positive integer, got 0');
  });

  it('layers show their options', () => {
    expect(
      [nn.leakyRelu(), nn.elu(0.5), nn.gelu(), nn.gelu({ approximate: 'tanh' }), nn.prelu(), nn.prelu(8), nn.glu()].map(String),
    ).toEqual(['leakyRelu(0.01)', 'elu(0.5)', 'gelu', 'gelu(tanh)', 'prelu(1)', 'prelu(8)', 'glu']);
  });
});
