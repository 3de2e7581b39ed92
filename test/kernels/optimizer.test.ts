import { describe, expect, it } from 'vitest';
import { arrayOf, expectElements, runKernel, uniform, type Elements } from './kernel.js';

const sizes = [0, 1, 7, 8, 9, 31, 32, 33, 20_001];
const dtypes = ['float32', 'float64'] as const;
type Float = (typeof dtypes)[number];
type Rounded = (x: number) => number;

const rounding: Readonly<Record<Float, Rounded>> = { float32: Math.fround, float64: (x) => x };
const places: readonly (readonly (number | undefined)[])[] = [[], [0, 3], [0]];

interface SgdForm {
  readonly momentum: number;
  readonly dampening: number;
  readonly nesterov: boolean;
  readonly torch: boolean;
  readonly weightDecay: number;
}

/** One element, every operation rounded. */
function sgd(form: SgdForm, r: Rounded, w: number, gradient: number, rate: number, velocity: number): [number, number] {
  const mu = r(form.momentum);
  const g = form.weightDecay === 0 ? gradient : r(gradient + r(w * r(form.weightDecay)));
  const pull = r(rate * g);
  if (form.momentum === 0) return [r(w - pull), 0];
  if (form.torch) {
    const v = r(r(velocity * mu) + r(g * r(1 - form.dampening)));
    return [r(w - r(rate * (form.nesterov ? r(g + r(v * mu)) : v))), v];
  }
  const v = r(r(velocity * mu) - pull);
  return [form.nesterov ? r(r(w + r(v * mu)) - pull) : r(w + v), v];
}

const plain = { momentum: 0, dampening: 0, nesterov: false, torch: false, weightDecay: 0 };
const forms: readonly SgdForm[] = [
  plain,
  { ...plain, weightDecay: 0.01 },
  ...[0, 0.01].flatMap((weightDecay) =>
    [false, true].flatMap((torch) =>
      [false, true].map((nesterov) => ({ momentum: 0.9, dampening: 0, nesterov, torch, weightDecay })),
    ),
  ),
  { momentum: 0.7, dampening: 0.25, nesterov: false, torch: true, weightDecay: 0.1 },
];

describe.each(dtypes)('sgd_step %s', (dtype) => {
  const r = rounding[dtype];

  it.each(forms)('momentum $momentum, nesterov $nesterov, torch $torch, decay $weightDecay', (form) => {
    const attributes = [form.momentum, form.dampening, Number(form.nesterov), Number(form.torch), form.weightDecay];
    for (const elements of sizes) {
      for (const over of places) {
        const [w, g, rate] = [uniform(dtype, elements, 1), uniform(dtype, elements, 2), arrayOf(dtype, [0.05])];
        const velocity = uniform(dtype, elements, 3);
        const hasVelocity = form.momentum !== 0;
        const outputs = Array.from({ length: hasVelocity ? 2 : 1 }, () => ({ dtype, elements }));
        const inputs = [w, g, rate, ...(hasVelocity ? [velocity] : [])];
        const result = runKernel({ kernel: 'sgd_step', inputs, outputs, attributes, over: over.slice(0, outputs.length) });
        const expected = (i: number) => sgd(form, r, w[i] ?? NaN, g[i] ?? NaN, rate[0] ?? NaN, velocity[i] ?? NaN);
        outputs.forEach((_, o) => expectElements(result.outputs[o], (i) => expected(i)[o] ?? NaN));
      }
    }
  });

  it('refuses momentum without a velocity and other types', () => {
    const [w, rate] = [arrayOf(dtype, [1, 2]), arrayOf(dtype, [0.1])];
    const run = (inputs: Elements[], momentum: number) =>
      runKernel({ kernel: 'sgd_step', inputs, outputs: [{ dtype, elements: 2 }], attributes: [momentum, 0, 0, 0, 0] });
    expect(() => run([w, w, rate], 0.9)).toThrow('momentum');
    expect(() => run([w, w, w], 0)).toThrow('elements');
    expect(() => run([w, rate, rate], 0)).toThrow('elements');
    expect(() => run([w, Int32Array.of(1, 2), rate], 0)).toThrow('dtype');
  });
});

interface AdamForm {
  readonly epsilon: number;
  readonly inside: boolean;
  readonly weightDecay: number;
}

function adam(form: AdamForm, r: Rounded, [w = NaN, gradient = NaN, mean = NaN, square = NaN]: number[], scalars: Elements) {
  const [rate = NaN, c1 = NaN, c2 = NaN] = scalars;
  const [b1, b2] = [0.9, 0.999];
  const g = form.weightDecay === 0 ? gradient : r(gradient + r(w * r(form.weightDecay)));
  const m = r(r(mean * r(b1)) + r(g * r(1 - b1)));
  const v = r(r(square * r(b2)) + r(r(g * g) * r(1 - b2)));
  const spread = r(v / c2);
  const epsilon = r(form.epsilon);
  const divisor = form.inside ? r(Math.sqrt(r(spread + epsilon))) : r(r(Math.sqrt(spread)) + epsilon);
  return [r(w - r(r(r(rate / c1) * m) / divisor)), m, v];
}

describe.each(dtypes)('adam_step %s', (dtype) => {
  const r = rounding[dtype];

  it.each([0, 0.01].flatMap((weightDecay) => [false, true].map((inside) => ({ epsilon: 1e-8, inside, weightDecay }))))(
    'epsilon inside $inside, decay $weightDecay',
    (form) => {
      const attributes = [0.9, 0.999, form.epsilon, Number(form.inside), form.weightDecay];
      for (const elements of sizes) {
        for (const over of [[], [0, 2, 3]]) {
          const flat = [1, 2, 3, 4].map((seed) => uniform(dtype, elements, seed, seed === 4 ? 0 : -1));
          const scalars = arrayOf(dtype, [1e-3, 1 - 0.9 ** 3, 1 - 0.999 ** 3]);
          const inputs = [...flat, ...Array.from(scalars, (x) => arrayOf(dtype, [x]))];
          const outputs = [1, 2, 3].map(() => ({ dtype, elements }));
          const result = runKernel({ kernel: 'adam_step', inputs, outputs, attributes, over });
          const expected = (i: number) =>
            adam(
              form,
              r,
              flat.map((x) => x[i] ?? NaN),
              scalars,
            );
          outputs.forEach((_, o) => expectElements(result.outputs[o], (i) => expected(i)[o] ?? NaN));
        }
      }
    },
  );

  it('leaves parameters that never had a gradient', () => {
    const zeros = arrayOf(dtype, [0, 0, 0]);
    const w = arrayOf(dtype, [1, -2, 3]);
    const inputs = [w, zeros, zeros, zeros, ...[1e-3, 0.1, 0.001].map((x) => arrayOf(dtype, [x]))];
    const outputs = [1, 2, 3].map(() => ({ dtype, elements: 3 }));
    expect(runKernel({ kernel: 'adam_step', inputs, outputs, attributes: [0.9, 0.999, 1e-8, 0, 0] }).outputs[0]).toEqual(w);
  });
});
