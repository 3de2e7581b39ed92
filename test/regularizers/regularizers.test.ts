import { describe, expect, it } from 'vitest';
import { checkGradients, grad, regularizers, tensor, type Tensor } from '../../lib/index.js';

const { elasticNet, l1, l2 } = regularizers;
const values = [
  [0.5, -2, 0],
  [3, -0.25, 1],
];
const w = tensor(values, { dtype: 'float64' });
const flat = values.flat();

describe('regularizers by their formulas', () => {
  const absolute = flat.reduce((total, value) => total + Math.abs(value), 0);
  const squares = flat.reduce((total, value) => total + value * value, 0);
  const cases = [
    ['l2', l2(0.3), 0.3 * squares, (value: number) => 0.6 * value],
    ['l1', l1(0.3), 0.3 * absolute, (value: number) => 0.3 * Math.sign(value)],
    [
      'elasticNet',
      elasticNet({ l1: 0.2, l2: 0.1 }),
      0.2 * absolute + 0.1 * squares,
      (value: number) => 0.2 * Math.sign(value) + 0.2 * value,
    ],
  ] as const;

  it.each(cases)('%s and its gradient', (_, regularizer, expected, slope) => {
    const penalty = regularizer(w, 'w');
    expect(penalty.shape).toEqual([]);
    expect(penalty.item()).toBeCloseTo(expected, 14);
    const gradient = grad((x: Tensor) => regularizer(x, 'w'))(w);
    [...gradient.data()].forEach((value, i) => expect(value).toBeCloseTo(slope(flat[i] ?? NaN), 14));
  });

  it.each(cases)('%s by finite differences', (_, regularizer) => {
    const away = tensor([[0.5, -2, 0.7]], { dtype: 'float64' });
    expect(() => checkGradients((x: Tensor) => regularizer(x, 'w'), [away])).not.toThrow();
  });
});

describe('regularizers refuse', () => {
  it('weights that are negative, missing or no numbers', () => {
    expect(() => l2(-1)).toThrow('[l2] expected lambda to be a finite number ≥ 0, got -1');
    expect(() => l1(NaN)).toThrow('[l1] expected lambda to be a finite number ≥ 0, got NaN');
    // @ts-expect-error both are needed
    expect(() => elasticNet({ l1: 1 })).toThrow('[elasticNet] expected l2 to be a finite number ≥ 0, got undefined');
  });

  it('misspelt options by name', () => {
    // @ts-expect-error misspelt
    expect(() => elasticNet({ l1: 1, L2: 1 })).toThrow("[elasticNet] unknown option 'L2'");
  });
});
