import { lambStep } from '../../../lib/ops/lamb-step.js';
import type { OpCase } from '../harness.js';

const betas = { beta1: 0.7, beta2: 0.9 };
const forms = [
  { ...betas, epsilon: 0.01, decay: 0, maximize: false },
  { ...betas, epsilon: 0.01, decay: 0.125, maximize: true },
];

/** A form of the step, and what it gives in float64: [w, m, v]. */
export const lambForms = forms.map((form) => ({
  form,
  attributes: (segments: readonly number[]) => ({ ...form, segments, weightDecay: 0, decoupled: false }),
  reference: (flat: readonly ArrayLike<number>[], scalars: readonly number[], segments: readonly number[]): number[][] => {
    const [w = [], g = [], m = [], v = []] = flat.map((values) => Array.from(values));
    const [rate = NaN, correction1 = NaN, correction2 = NaN] = scalars;
    const along = g.map((value) => (form.maximize ? -value : value));
    const mean = m.map((value, i) => 0.7 * value + 0.3 * along[i]!);
    const square = v.map((value, i) => 0.9 * value + 0.1 * along[i]! ** 2);
    const direction = w.map(
      (value, i) => mean[i]! / correction1 / (Math.sqrt(square[i]! / correction2) + form.epsilon) + form.decay * value,
    );
    let begin = 0;
    const next = segments.flatMap((length) => {
      const part = [begin, (begin += length)] as const;
      const [weights, steps] = [w.slice(...part), direction.slice(...part)];
      const [weightNorm, norm] = [weights, steps].map((values) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0)));
      const trust = weightNorm! > 0 && norm! > 0 ? weightNorm! / norm! : 1;
      return weights.map((value, i) => value - rate * trust * steps[i]!);
    });
    return [next, mean, square];
  },
}));

const segmentsOf = (n: number): number[] => (n < 3 ? [n] : [2, 0, n - 2]);

export const lambCases: readonly OpCase[] = lambForms.map(({ form, attributes, reference }) => ({
  op: 'lambStep',
  title: form.maximize ? 'with decay, uphill' : 'plain',
  inputs: (n) => [
    ...[-2, -2, -1, 0.5].map((low) => ({ shape: [n], low, high: 2 })),
    ...[0.125, 0.25, 0.5].map((value) => ({ shape: [], data: [value] })),
  ],
  run: (inputs) => lambStep.apply(inputs, attributes(segmentsOf(inputs[0]!.size))),
  reference(inputs) {
    const [first] = inputs;
    const scalars = inputs.slice(4).map(({ data: [value] }) => value ?? NaN);
    const flat = inputs.slice(0, 4).map(({ data }) => data);
    return reference(flat, scalars, segmentsOf(first!.data.length)).map((data) => ({ shape: first!.shape, data }));
  },
  sizes: [0, 1, 9, 33],
  large: 20_000,
  tolerance: { relative: 16, absolute: 16 },
}));
