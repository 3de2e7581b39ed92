import type { OpCase } from '../harness.js';
import { map } from '../values.js';
import { lambCases } from './lamb-step.js';
import { lowest, stepCases } from './optimizer-steps.js';

/** Every form of the steps, and one gradient of each op's; a handful of roundings of numbers below 8. */
const elementwise: readonly OpCase[] = stepCases.map(({ op, title, states, scalars, run, reference }, place) => ({
  op,
  title,
  inputs: (n) => [
    ...['w', 'g'].map(() => ({ shape: [n] })),
    ...states.map((state) => ({ shape: [n], low: lowest(state), high: 1 })),
    ...scalars.map((value) => ({ shape: [], data: [value] })),
  ],
  run,
  reference(inputs) {
    const flat = inputs.slice(0, 2 + states.length);
    const numbers = inputs.slice(2 + states.length).map(({ data: [value] }) => value ?? NaN);
    const output = (i: number) => map((...elements) => reference((x) => x, elements, numbers)[i] ?? NaN, ...flat);
    return ['w', ...states].map((_, i) => output(i));
  },
  sizes: [0, 1, 9, 33],
  large: 9000,
  gradient: stepCases.findIndex((other) => other.op === op) === place,
  tolerance: { relative: 8, absolute: 8 },
}));

export const optimizerCases: readonly OpCase[] = [...elementwise, ...lambCases];
