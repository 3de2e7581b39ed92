import { addon } from '../../lib/runtime/native.js';
import { arrayOf, dtypeOf, runKernel, smallest, type DTypeName, type Elements, type KernelResult } from './kernel.js';

export type Operation = readonly [name: string, ...operands: number[]];

export interface Chain {
  readonly dtype: 'float32' | 'float64' | 'int32';
  readonly dims: readonly number[];
  readonly inputs: readonly Elements[];
  /** Strides of each input; contiguous unless given. */
  readonly strides?: readonly (readonly number[] | undefined)[];
  readonly constants?: readonly number[];
  readonly operations: readonly Operation[];
  /** Registers of the outputs (inputs, constants, results in order); the last result unless given. */
  readonly outputs?: readonly number[];
  readonly outputTypes?: readonly DTypeName[];
  readonly over?: readonly (number | undefined)[];
}

export const sizeOf = (dims: readonly number[]): number => dims.reduce((product, d) => product * d, 1);
const arithmetic = { float32: 0, float64: 1, int32: 2 } as const;

export function contiguous(dims: readonly number[]): number[] {
  return dims.map((_, d) => sizeOf(dims.slice(d + 1)));
}

const registersOf = ({ inputs, constants = [], operations, outputs }: Chain): readonly number[] =>
  outputs ?? [inputs.length + constants.length + operations.length - 1];

export function runChain(chain: Chain): KernelResult {
  const { dtype, dims, inputs, strides = [], constants = [], operations, outputTypes = [], over } = chain;
  const registers = registersOf(chain);
  const attributes = [arithmetic[dtype], dims.length, operations.length, constants.length, ...dims];
  inputs.forEach((_, i) => attributes.push(...(strides[i] ?? contiguous(dims))));
  attributes.push(...constants);
  for (const [name, a = 0, b = 0, c = 0] of operations) attributes.push(addon().elementwise.indexOf(name), a, b, c);
  attributes.push(...registers);
  const outputs = registers.map((_, o) => ({ dtype: outputTypes[o] ?? dtype, elements: sizeOf(dims) }));
  return runKernel({ kernel: 'elementwise', inputs, outputs, attributes, over });
}

/** erf to 1e-16 or so: a series of positive terms, and the continued fraction of erfc from 1.5 on. */
function erf(x: number): number {
  const a = Math.abs(x);
  if (Number.isNaN(x) || a > 6) return Math.sign(x);
  let term = a;
  let sum = a;
  for (let n = 1; n < 200; n++) {
    term *= (2 * a * a) / (2 * n + 1);
    sum += term;
  }
  let fraction = a;
  for (let n = 200; n > 0; n--) fraction = a + n / 2 / fraction;
  const scale = Math.exp(-a * a) / Math.sqrt(Math.PI);
  return Math.sign(x) * (a < 1.5 ? 2 * scale * sum : 1 - scale / fraction);
}

function roundEven(x: number): number {
  const down = Math.floor(x);
  if (x - down !== 0.5) return Math.round(x);
  return down % 2 === 0 ? down : down + 1;
}

/** An operation in float64, and the ULP that the kernel may be off. */
export interface Reference {
  readonly ulp: number;
  readonly of: (a: number, b: number, c: number) => number;
}

const exact = (of: Reference['of']): Reference => ({ ulp: 0, of });

export const references: Readonly<Record<string, Reference>> = {
  neg: exact((a) => -a),
  abs: exact(Math.abs),
  sign: exact(Math.sign),
  exp: { ulp: 1, of: Math.exp },
  log: { ulp: 1, of: Math.log },
  log1p: { ulp: 2, of: Math.log1p },
  expm1: { ulp: 2, of: Math.expm1 },
  sqrt: exact(Math.sqrt),
  rsqrt: { ulp: 1.5, of: (a) => 1 / Math.sqrt(a) },
  square: exact((a) => a * a),
  reciprocal: exact((a) => 1 / a),
  sin: { ulp: 2, of: Math.sin },
  cos: { ulp: 2, of: Math.cos },
  tanh: { ulp: 3, of: Math.tanh },
  sigmoid: { ulp: 3, of: (a) => (a < 0 ? Math.exp(a) / (1 + Math.exp(a)) : 1 / (1 + Math.exp(-a))) },
  relu: exact((a) => (a <= 0 ? 0 : a)),
  erf: { ulp: 2, of: erf },
  floor: exact(Math.floor),
  round: exact(roundEven),
  add: exact((a, b) => a + b),
  sub: exact((a, b) => a - b),
  mul: exact((a, b) => a * b),
  div: exact((a, b) => a / b),
  pow: { ulp: 2, of: (a, b) => (a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b) },
  max: exact((a, b) => Math.max(a, b)),
  min: exact((a, b) => Math.min(a, b)),
  eq: exact((a, b) => Number(a === b)),
  ne: exact((a, b) => Number(a !== b)),
  lt: exact((a, b) => Number(a < b)),
  le: exact((a, b) => Number(a <= b)),
  gt: exact((a, b) => Number(a > b)),
  ge: exact((a, b) => Number(a >= b)),
  select: exact((a, b, c) => (a !== 0 ? b : c)),
};

export const arity = (name: string): number => references[name]?.of.length ?? 1;
export const integerOperations = [
  'neg',
  'abs',
  'sign',
  'square',
  'relu',
  'add',
  'sub',
  'mul',
  'max',
  'min',
  'eq',
  'ne',
  'lt',
  'le',
  'gt',
  'ge',
  'select',
];

/** What one operation gives in the arithmetic's type, from float64; denormals count as zero. */
export function evaluate(dtype: Chain['dtype'], name: string, a: number, b: number, c: number): number {
  const { of } = references[name] ?? exact(() => NaN);
  if (dtype === 'int32') return name === 'mul' || name === 'square' ? Math.imul(a, name === 'mul' ? b : a) : of(a, b, c) | 0;
  const flush = (x: number) => (Math.abs(x) < smallest[dtype] ? x * 0 : x);
  const result = of(flush(a), flush(b), flush(c));
  return flush(dtype === 'float32' ? Math.fround(result) : result);
}

/** Every output of a chain by plain loops; exact where every operation is. */
export function referenceOf(chain: Chain): Elements[] {
  const { dtype, dims, inputs, strides = [], constants = [], operations, outputTypes = [] } = chain;
  const registers = registersOf(chain);
  const outputs = registers.map((_, o) => arrayOf(outputTypes[o] ?? dtype, new Float64Array(sizeOf(dims))));
  const steps = contiguous(dims);
  for (let e = 0; e < sizeOf(dims); e++) {
    const values = inputs.map((input, i) => {
      const offset = dims.reduce((sum, d, k) => sum + (Math.floor(e / (steps[k] ?? 1)) % d) * (strides[i] ?? steps)[k]!, 0);
      return input[offset] ?? NaN;
    });
    values.push(...constants.map((x) => (dtype === 'float32' ? Math.fround(x) : x)));
    for (const [name, a = 0, b = 0, c = 0] of operations) {
      values.push(evaluate(dtype, name, values[a] ?? NaN, values[b] ?? NaN, values[c] ?? NaN));
    }
    for (const [o, output] of outputs.entries()) {
      const value = values[registers[o] ?? -1] ?? NaN;
      output[e] = dtypeOf(output) === 'uint8' ? Number(value !== 0) : value;
    }
  }
  return outputs;
}
