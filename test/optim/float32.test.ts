import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../lib/ir/tensor.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import * as optim from '../../lib/optim/index.js';
import { generator } from '../ops/values.js';
import '../../lib/runtime/index.js';

const size = 4099;
const segments = [1000, size - 1000];

/** float32 values, spread over orders of magnitude. */
function values(seed: number, low: number, high: number): Float64Array {
  const random = generator(seed);
  return Float64Array.from({ length: size }, () => Math.fround(low + (high - low) * random() ** 3));
}

/** Signed and unsigned state of a training on its way: squares are of the order of the gradients' own. */
const [w, g, mean, square] = [values(1, -2, 2), values(2, -1e-2, 3e-2), values(3, -1e-2, 1e-2), values(4, 1e-6, 1e-3)];
const signed = ['m', 'velocity'];

function step(optimizer: optim.Optimizer, dtype: 'float32' | 'float64'): ReturnType<optim.Optimizer['update']> {
  const numbers = optimizer.scalarsAt({ step: 40, epoch: 0, stepsPerEpoch: 100 });
  const of = (data: Float64Array): Tensor => tensor(data, { dtype });
  return optimizer.update({
    parameters: of(w),
    gradients: of(g),
    state: Object.fromEntries(optimizer.state.map((name) => [name, of(signed.includes(name) ? mean : square)])),
    scalars: Object.fromEntries(optimizer.scalars.map((name, i) => [name, scalar(numbers[i] ?? NaN, { dtype })])),
    segments,
  });
}

type Scale = (i: number) => number;
const sizeIn =
  (...data: readonly Float64Array[]): Scale =>
  (i) =>
    Math.max(...data.map((values) => Math.abs(values[i] ?? NaN)));

const weightDecay = 0.01;
/** What an element is a sum of. Of terms that cancel no more is right than the last place of the larger one. */
const scales: Readonly<Record<string, Scale>> = {
  parameters: sizeIn(w),
  m: sizeIn(
    mean,
    g,
    w.map((value) => weightDecay * value),
  ),
  velocity: sizeIn(
    mean,
    g,
    w.map((value) => weightDecay * value),
  ),
};

/** The largest error in units of the last place: of the result, or of what it is a sum of. */
function ulps(got: Tensor | undefined, want: Tensor | undefined, scale: Scale = () => 0): number {
  const [a, b] = [got?.data() ?? [], want?.data() ?? []];
  const unit = (i: number): number => 2 ** (Math.floor(Math.log2(Math.max(Math.abs(b[i] ?? NaN), scale(i)))) - 23);
  return Math.max(...Array.from(b, (value, i) => Math.abs((a[i] ?? NaN) - value) / unit(i)));
}

const optimizers: Readonly<Record<string, () => optim.Optimizer>> = {
  sgd: () => optim.sgd({ learningRate: 0.1, momentum: 0.9, nesterov: true, weightDecay }),
  adam: () => optim.adam({ learningRate: 0.01, weightDecay }),
  amsgrad: () => optim.adam({ learningRate: 0.01, amsgrad: true }),
  adamw: () => optim.adamw({ learningRate: 0.01 }),
  adagrad: () => optim.adagrad({ lrDecay: 0.1 }),
  rmsprop: () => optim.rmsprop({ momentum: 0.9 }),
  nadam: () => optim.nadam({ decoupledWeightDecay: true, weightDecay }),
  radam: () => optim.radam({ learningRate: 0.01 }),
  adamax: () => optim.adamax(),
  adadelta: () => optim.adadelta(),
  lion: () => optim.lion({ weightDecay }),
  lamb: () => optim.lamb({ weightDecay }),
};

describe('one step in float32 from given gradients, against float64', () => {
  for (const [name, make] of Object.entries(optimizers)) {
    it(name, () => {
      const [got, want] = [step(make(), 'float32'), step(make(), 'float64')];
      expect(got.parameters.dtype).toBe('float32');
      expect(ulps(got.parameters, want.parameters, scales.parameters)).toBeLessThan(4);
      for (const state of Object.keys(want.state))
        expect(ulps(got.state[state], want.state[state], scales[state])).toBeLessThan(4);
    });
  }
});
