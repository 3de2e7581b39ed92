import { RavineError } from '../errors.js';
import { applyAll } from '../ir/apply.js';
import { defineOp, type Op } from '../ir/op.js';
import type { Tensor } from '../ir/tensor.js';
import { formatType, sameShape, type TensorType } from '../shape.js';
import { at, expectDType, expectSameDType } from './check.js';
import { add, mul, neg, sqrt, square, sub } from './elementwise.js';

/** What every step does to its gradient: g ← ±g + weightDecay·w; or w ← w − α·weightDecay·w where the decay is decoupled. */
export interface DescentAttributes {
  readonly maximize: boolean;
  readonly weightDecay: number;
  readonly decoupled: boolean;
}

export interface StepSpec<A extends DescentAttributes, S extends string> {
  readonly name: string;
  readonly kernel: string;
  /** What is kept from step to step, each as large as the parameters. */
  readonly state: (attributes: A) => readonly S[];
  /** Numbers that change each step, the learning rate α first. */
  readonly scalars: (attributes: A) => readonly ['learningRate', ...S[]];
  /** The kernel's attributes after those of the descent. */
  readonly numbers: (attributes: A) => readonly (number | boolean)[];
  /** The next parameters and state in plain ops. Every rounding of the kernel is one of these. */
  readonly formula: (operands: Readonly<Record<S | 'w' | 'g' | 'learningRate', Tensor>>, attributes: A) => readonly Tensor[];
}

/** One update of all parameters: an op with a kernel that passes over memory once. */
export interface OptimizerStep<A extends DescentAttributes> {
  readonly op: Op<A>;
  readonly state: (attributes: A) => readonly string[];
  readonly scalars: (attributes: A) => readonly string[];
  /** parameters, gradients, state …: flat [P]; scalars …: [] → parameters, state … */
  readonly apply: (inputs: readonly Tensor[], attributes: A) => readonly Tensor[];
}

export function defineStep<A extends DescentAttributes, S extends string>(spec: StepSpec<A, S>): OptimizerStep<A> {
  const { name, kernel, state, scalars, numbers, formula } = spec;
  const op = defineOp<A>({
    name,
    infer(inputs, attributes) {
      const states = state(attributes).length;
      const type = checkStep(name, inputs, 2 + states, scalars(attributes).length);
      return Array.from({ length: 1 + states }, () => type);
    },
    gradient: 'definition',
    implementation: {
      kind: 'kernel',
      lower: (_, outputs, attributes) => ({
        kernel,
        attributes: [attributes.maximize, attributes.weightDecay, attributes.decoupled, ...numbers(attributes)].map(Number),
        inPlace: outputs.map((__, i) => [i, i === 0 ? 0 : i + 1] as const),
      }),
    },
    definition(inputs, attributes) {
      const rest = [...state(attributes), ...scalars(attributes)];
      const named = Object.fromEntries(rest.map((key, i) => [key, at(inputs, i + 2)])) as Record<S | 'learningRate', Tensor>;
      return formula({ ...named, ...descend(at(inputs, 0), at(inputs, 1), named.learningRate, attributes) }, attributes);
    },
  });
  return { op, state, scalars, apply: (inputs, attributes) => applyAll(op, inputs, attributes) };
}

/** Flat buffers [P] first, then scalars [], all of one float type. */
function checkStep(where: string, inputs: readonly TensorType[], flat: number, scalars: number): TensorType {
  const first = at(inputs, 0);
  expectDType(where, 'parameters', first, 'float');
  expectSameDType(where, inputs);
  if (inputs.length !== flat + scalars)
    throw new RavineError('option', where, `expected ${flat + scalars} inputs, got ${inputs.length}`);
  inputs.forEach((input, i) => {
    const expected = { dtype: first.dtype, shape: i < flat ? first.shape : [] };
    if (!sameShape(input.shape, expected.shape))
      throw new RavineError('shape', where, `expected input ${i} to be ${formatType(expected)}, got ${formatType(input)}`);
  });
  return first;
}

/**
 * Decoupled: w − αλ·w (Loshchilov & Hutter 2019), not w·(1 − αλ): for α = 1e-3, λ = 1e-2 three of the digits of αλ are left in float32's
 * 1 − αλ.
 */
export function descend(
  w: Tensor,
  gradients: Tensor,
  learningRate: Tensor,
  { maximize, weightDecay, decoupled }: DescentAttributes,
): { w: Tensor; g: Tensor } {
  const g = maximize ? neg(gradients) : gradients;
  if (weightDecay === 0) return { w, g };
  return decoupled ? { w: sub(w, mul(mul(learningRate, weightDecay), w)), g } : { w, g: add(g, mul(w, weightDecay)) };
}

/** βm + (1 − β)x */
export function runningMean(m: Tensor, x: Tensor, beta: number): Tensor {
  return add(mul(m, beta), mul(x, 1 - beta));
}

/** βv + (1 − β)g² */
export function runningSquare(v: Tensor, g: Tensor, beta: number): Tensor {
  return runningMean(v, square(g), beta);
}

export interface SpreadAttributes {
  readonly epsilon: number;
  readonly epsilonInsideSqrt: boolean;
}

/** √v + ε, or √(v + ε). */
export function spread(v: Tensor, { epsilon, epsilonInsideSqrt }: SpreadAttributes): Tensor {
  return epsilonInsideSqrt ? sqrt(add(v, epsilon)) : add(sqrt(v), epsilon);
}
