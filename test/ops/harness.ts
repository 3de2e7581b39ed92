import { describe, expect, it } from 'vitest';
import { dtypes, isFloat, type DType } from '../../lib/dtype.js';
import { formatType, sameShape, type Shape } from '../../lib/shape.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { jit } from '../../lib/runtime/index.js';
import { interpret } from '../../lib/runtime/interpret.js';
import { addon } from '../../lib/runtime/native.js';
import { rewrite } from '../../lib/passes/rewrite.js';
import { tensor } from '../../lib/ops/create.js';
import { checkDerivatives } from './derivative.js';
import { traced } from './trace.js';
import { difference, generator, rounded, sizeOf, type Tolerance, type Values } from './values.js';

/** An input of a case: random numbers from [low, high], whole ones for integer types. */
export interface Input {
  readonly shape: Shape;
  /** Default: the dtype under test. */
  readonly dtype?: DType;
  /** Default −2 and 2. Integers reach `high` − 1. */
  readonly low?: number;
  readonly high?: number;
  /** Numbers to take instead, repeated. */
  readonly data?: readonly number[];
}

export interface Situation {
  readonly n: number;
  readonly dtype: DType;
}

/** A call of an op with everything that it is held to. */
export interface OpCase {
  /** The op that must be called, by its record's name. */
  readonly op: string;
  /** Tells cases of one op apart. */
  readonly title?: string;
  readonly inputs: (n: number) => readonly Input[];
  readonly run: (inputs: readonly Tensor[], situation: Situation) => Tensor | readonly Tensor[];
  /** Plain float64, from the inputs as the dtype holds them. */
  readonly reference: (inputs: readonly Values[], situation: Situation) => Values | readonly Values[];
  /** Dtypes under test. Default: both floats. */
  readonly dtypes?: readonly DType[];
  /** Dtypes of outputs; default: the dtype under test. */
  readonly results?: readonly DType[];
  /** Sizes n. Default: around vectors' widths. */
  readonly sizes?: readonly number[];
  /** A size at which several threads take part. */
  readonly large?: number;
  /** Default: the nearest number. */
  readonly tolerance?: Tolerance;
  /** Elementwise: the same for ±∞, NaN, ±0, ±1000 in every combination. */
  readonly special?: boolean;
  /** Whether gradients are compared with differences. Default true where the outputs are floats. */
  readonly gradient?: boolean;
}

export const oddSizes = [0, 1, 7, 8, 9, 31, 32, 33];
const specialNumbers = [Infinity, -Infinity, NaN, 0, -0, 1, -1, 1000, -1000, 0.5, -2, 3];
const floats: readonly DType[] = ['float32', 'float64'];

export function titleOf({ op, title }: OpCase): string {
  return title === undefined ? op : `${op}: ${title}`;
}

/** Registers every test of a case. */
export function testOp(opCase: OpCase): void {
  describe(titleOf(opCase), () => {
    const sizes = opCase.sizes ?? oddSizes;
    it('infers types', () => sizes.forEach((n) => checkTypes(opCase, n)));
    for (const dtype of opCase.dtypes ?? floats) {
      it(`${dtype}: values`, () => sizes.forEach((n) => checkValues(opCase, { n, dtype })));
      if (opCase.special) it(`${dtype}: special numbers`, () => checkSpecial(opCase, dtype));
      it(`${dtype}: one thread and many`, () => checkThreads(opCase, { n: opCase.large ?? 40_000, dtype }));
    }
    it('equals its definition', () =>
      sizes.forEach((n) => (opCase.dtypes ?? floats).forEach((dtype) => checkDefinition(opCase, { n, dtype }))));
    if (isDifferentiable(opCase))
      it('gradient, and its gradient', () => sizes.slice(0, 3).forEach((n) => checkGradient(opCase, n)));
  });
}

function isDifferentiable({ gradient, results, dtypes: tested }: OpCase): boolean {
  return gradient ?? ((tested ?? floats).includes('float64') && (results ?? floats).some(isFloat));
}

function outputsOf(opCase: OpCase, inputs: readonly Tensor[], situation: Situation): Tensor[] {
  return [opCase.run(inputs, situation)].flat();
}

function referenceOf(opCase: OpCase, inputs: readonly Values[], situation: Situation): Values[] {
  return [opCase.reference(inputs, situation)].flat();
}

/** The number at place i of an input. */
function numberOf({ low = -2, high = 2, data }: Input, dtype: DType, random: () => number, i: number): number {
  if (data) return data[i % data.length] ?? NaN;
  const number = low + (high - low) * random();
  return isFloat(dtype) ? number : Math.floor(number);
}

function randomTensor(input: Input, dtype: DType, random: () => number): Tensor {
  const { shape, dtype: own = dtype } = input;
  const array = new dtypes[own].array(sizeOf(shape));
  for (let i = 0; i < array.length; i++) array[i] = numberOf(input, own, random, i);
  return tensor(array, { shape });
}

/** The inputs' numbers, as their dtypes hold them. */
function numbersFor(opCase: OpCase, { n, dtype }: Situation, seed = 1): { values: Values; dtype: DType }[] {
  const random = generator(seed + n);
  return opCase.inputs(n).map((input) => {
    const { shape, dtype: own = dtype } = input;
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => rounded(numberOf(input, own, random, i), own));
    return { dtype: own, values: { shape, data } };
  });
}

function upload({ values, dtype }: { values: Values; dtype: DType }): Tensor {
  const array = new dtypes[dtype].array(values.data.length);
  array.set(values.data);
  return tensor(array, { shape: values.shape });
}

function checkTypes(opCase: OpCase, n: number): void {
  for (const dtype of opCase.dtypes ?? floats) {
    const numbers = numbersFor(opCase, { n, dtype });
    const types = numbers.map(({ values, dtype: own }) => formatType({ dtype: own, shape: values.shape }));
    const { outputs, graph } = traced(types, (...inputs) => outputsOf(opCase, inputs, { n, dtype }));
    const calls = graph.nodes.map((node) => node.op.name);
    expect(calls, 'the case calls its op').toContain(opCase.op);
    const reference = referenceOf(
      opCase,
      numbers.map(({ values }) => values),
      { n, dtype },
    );
    const expected = reference.map(({ shape }, i) => formatType({ dtype: opCase.results?.[i] ?? dtype, shape }));
    expect(outputs.map(formatType)).toEqual(expected);
  }
}

/** Eagerly and compiled, against the reference; inputs stay as they were. */
function checkValues(opCase: OpCase, situation: Situation): void {
  compareWithReference(opCase, numbersFor(opCase, situation), situation);
}

function compareWithReference(opCase: OpCase, numbers: readonly { values: Values; dtype: DType }[], situation: Situation): void {
  const inputs = numbers.map(upload);
  const want = referenceOf(
    opCase,
    numbers.map(({ values }) => values),
    situation,
  );
  const compiled = jit((given: readonly Tensor[]) => outputsOf(opCase, given, situation));
  for (const [how, outputs] of Object.entries({ eager: outputsOf(opCase, inputs, situation), compiled: compiled.sync(inputs) })) {
    expect(outputs.length).toBe(want.length);
    want.forEach((expected, i) => {
      const output = outputs[i];
      if (output === undefined) throw new Error('an output is missing');
      expect(sameShape(output.shape, expected.shape)).toBe(true);
      const found = difference(output.data(), expected, output.dtype, opCase.tolerance);
      expect(found, `${how}, n = ${situation.n}, output ${i}`).toBeUndefined();
    });
  }
  inputs.forEach((input, i) =>
    expect(difference(input.data(), numbers[i]?.values ?? want[0]!, input.dtype), `input ${i} changed`).toBeUndefined(),
  );
}

/** Every combination of special numbers over the inputs of the dtype under test. */
function checkSpecial(opCase: OpCase, dtype: DType): void {
  const count = specialNumbers.length;
  const own = opCase.inputs(1).map((input) => input.dtype === undefined);
  const combinations = count ** own.filter(Boolean).length;
  let before = 1;
  const numbers = opCase.inputs(1).map((input) => {
    if (input.dtype !== undefined)
      return {
        dtype: input.dtype,
        values: { shape: [combinations], data: Array.from({ length: combinations }, (_, i) => i % 2) },
      };
    const step = before;
    before *= count;
    const data = Array.from({ length: combinations }, (_, i) => specialNumbers[Math.floor(i / step) % count] ?? 0);
    return {
      dtype,
      values: {
        shape: [combinations],
        data: dtype === 'int32' ? data.map((value) => (Number.isFinite(value) ? Math.trunc(value) : 7)) : data,
      },
    };
  });
  compareWithReference(opCase, numbers, { n: combinations, dtype });
}

function checkThreads(opCase: OpCase, situation: Situation): void {
  const random = generator(situation.n);
  const inputs = opCase.inputs(situation.n).map((input) => randomTensor(input, situation.dtype, random));
  const threads = addon().info().threads;
  const runWith = (count: number): string[] => {
    addon().setThreads(count);
    return outputsOf(opCase, inputs, situation).map((output) => {
      const data = output.data();
      return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('latin1');
    });
  };
  try {
    const alone = runWith(1);
    expect(runWith(3).every((bytes, i) => bytes === alone[i])).toBe(true);
  } finally {
    addon().setThreads(threads);
  }
}

/** Ops that have a definition give what it gives. */
function checkDefinition(opCase: OpCase, situation: Situation): void {
  const numbers = numbersFor(opCase, situation);
  const types = numbers.map(({ values, dtype }) => formatType({ dtype, shape: values.shape }));
  const { graph } = traced(types, (...inputs) => outputsOf(opCase, inputs, situation));
  const fused = graph.nodes.filter((node) => node.op.name === opCase.op && node.op.definition !== undefined);
  if (fused.length === 0) return;
  const plain = rewrite(graph, (node, inputs) =>
    node.op.name === opCase.op ? node.op.definition?.(inputs, node.attributes) : undefined,
  );
  const inputs = numbers.map(upload);
  const [want, got] = [interpret(plain, inputs), interpret(graph, inputs)];
  got.forEach((output, i) => {
    const expected = { shape: output.shape, data: Array.from(want[i]?.data() ?? []) };
    const { relative = 0, absolute = 0 } = opCase.tolerance ?? {};
    expect(
      difference(output.data(), expected, output.dtype, { relative: 2 * relative, absolute: 2 * absolute }),
      `n = ${situation.n}`,
    ).toBeUndefined();
  });
}

function checkGradient(opCase: OpCase, n: number): void {
  const situation: Situation = { n, dtype: 'float64' };
  const numbers = numbersFor(opCase, situation);
  const places = numbers.flatMap(({ dtype }, i) => (dtype === 'float64' ? [i] : []));
  const constants = numbers.map(upload);
  const floatsOf = (inputs: readonly Tensor[]): Tensor[] => {
    const given = constants.map((constant, i) => inputs[places.indexOf(i)] ?? constant);
    return outputsOf(opCase, given, situation).filter((output) => isFloat(output.dtype));
  };
  checkDerivatives(
    floatsOf,
    places.map((i) => numbers[i]?.values ?? { shape: [], data: [] }),
    `n = ${n}`,
  );
}
