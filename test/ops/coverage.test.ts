import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { DType } from '../../lib/dtype.js';
import { allOps } from '../../lib/ir/op.js';
import { optimize } from '../../lib/passes/compile.js';
import { lower } from '../../lib/passes/lower.js';
import { addon } from '../../lib/runtime/native.js';
import { formatType } from '../../lib/shape.js';
import { allCases } from './cases/index.js';
import { stepCases } from './cases/optimizer-steps.js';
import { oddSizes, titleOf, type OpCase } from './harness.js';
import { traced } from './trace.js';

const operations = new URL('../../lib/ops/', import.meta.url);
const kernelTests = new URL('../kernels/', import.meta.url);

/** Ops that no case of the harness can call, and what tests them instead. */
const elsewhere = new Map([
  ['input', 'every traced function has them'],
  ['checkFinite', 'check-finite.test.ts: it has no outputs'],
]);

it('tests every op that is defined', async () => {
  for (const file of readdirSync(operations)) await import(new URL(file, operations).href);
  const tested = new Set([...allCases.map(({ op }) => op), ...elsewhere.keys()]);
  const missing = allOps().filter(({ name }) => !tested.has(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

it('names each case once', () => {
  const titles = allCases.map(titleOf);
  expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
});

/** What a case compiles to: kernels, and the operations and kinds that they are told. */
function calledBy(opCase: OpCase, n: number, dtype: DType): string[] {
  const types = opCase.inputs(n).map((input) => formatType({ dtype: input.dtype ?? dtype, shape: input.shape }));
  const { graph } = traced(types, (...inputs) => [opCase.run(inputs, { n, dtype })].flat());
  return lower(optimize(graph)).instructions.flatMap(({ call }) => [
    call.kernel,
    ...(call.names ?? []).map(({ list, name }) => `${list} ${name}`),
  ]);
}

describe('every kernel that the addon lists', () => {
  const { kernels, elementwise, reductions } = addon();

  it('is what a case of an op compiles to, with every operation and kind', () => {
    const called = new Set(
      allCases.flatMap((opCase) => {
        const sizes = opCase.sizes ?? oddSizes;
        const dtypes = opCase.dtypes ?? (['float32'] as const);
        return dtypes.flatMap((dtype) => [sizes.at(1) ?? 1, sizes.at(-1) ?? 1].flatMap((n) => calledBy(opCase, n, dtype)));
      }),
    );
    const listed = [
      ...kernels.map(({ name }) => name),
      ...elementwise.map((name) => `elementwise ${name}`),
      ...reductions.map((name) => `reductions ${name}`),
    ];
    // check-finite.test.ts: its op has no outputs, which a case would compare.
    called.add('check_finite');
    expect(listed.filter((name) => !called.has(name))).toEqual([]);
  });

  it('is called for itself, by its name, in each instruction set', () => {
    const texts = readdirSync(kernelTests).map((file) => readFileSync(new URL(file, kernelTests), 'utf8'));
    const steps = new Set(stepCases.map(({ kernel: { kernel } }) => kernel));
    const missing = kernels.filter(({ name }) => !steps.has(name) && !texts.some((text) => text.includes(`'${name}'`)));
    expect(missing.map(({ name }) => name)).toEqual([]);
  });
});
