import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { allOps } from '../../lib/ir/op.js';
import { allCases } from './cases/index.js';
import { titleOf } from './harness.js';

const operations = new URL('../../lib/ops/', import.meta.url);

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
