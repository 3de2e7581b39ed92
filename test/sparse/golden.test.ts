import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  CountVectorizer,
  HashingVectorizer,
  SparseLinear,
  SparseMatrix,
  TfidfVectorizer,
  type CountVectorizerOptions,
  type HashingVectorizerOptions,
  type SparseArrays,
  type SparseLinearOptions,
  type TfidfOptions,
} from '../../lib/index.js';
import { sparse as allowed } from '../golden/tolerances.js';

/** What test/golden/sparse.py recorded of scikit-learn. */
interface Golden {
  readonly texts: string[];
  readonly hashing: { ours: HashingVectorizerOptions; rows: Rows }[];
  readonly counting: { ours: CountVectorizerOptions; vocabulary: string[]; rows: Rows }[];
  readonly weighting: { ours: TfidfOptions; idf: number[] | null; rows: Rows }[];
  readonly x: Rows;
  readonly y2: number[];
  readonly y3: number[];
  readonly descent: ({ labels: 'y2' | 'y3'; epochs: number; ours: SparseLinearOptions } & Learnt)[];
  readonly dual: ({ loss: 'hinge' | 'squaredHinge' | 'log'; alpha: number } & Learnt)[];
}
type Rows = SparseArrays & { readonly values: number[]; readonly indices: number[]; readonly offsets: number[] };
interface Learnt {
  readonly coefficients: number[][];
  readonly intercepts: number[];
}

const golden = JSON.parse(readFileSync(new URL('../golden/sparse.json', import.meta.url), 'utf8')) as Golden;

function expectRows(actual: SparseMatrix, expected: Rows): void {
  const { offsets, indices, values } = actual.toArrays();
  expect(actual.columns).toBe(expected.columns);
  expect([...offsets]).toEqual(expected.offsets);
  expect([...indices]).toEqual(expected.indices);
  expectClose(values, expected.values, allowed.weights);
}

function expectClose(actual: ArrayLike<number>, expected: number[], tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  const scale = Math.max(1e-9, ...expected.map(Math.abs));
  const worst = Math.max(0, ...expected.map((value, i) => Math.abs(value - (actual[i] ?? NaN))));
  expect(worst / scale).toBeLessThanOrEqual(tolerance);
}

describe("scikit-learn's vectorizers", () => {
  test.each(golden.hashing)('hashing $ours', async ({ ours, rows }) => {
    expectRows(await new HashingVectorizer(ours).transform(golden.texts), rows);
  });

  test.each(golden.counting)('counts $ours', async ({ ours, vocabulary, rows }) => {
    const vectorizer = new CountVectorizer(ours);
    expectRows(await vectorizer.fitTransform(golden.texts), rows);
    expect(vectorizer.vocabulary).toEqual(vocabulary);
    expectRows(await vectorizer.transform(golden.texts), rows);
  });

  test('a vocabulary that is given is not learnt anew', async () => {
    const vectorizer = new CountVectorizer({ vocabulary: ['dog', 'cat'], ngrams: [1, 2 ** 40] });
    const rows = await vectorizer.fitTransform(['cat cat bird', 'dog']);
    expect(vectorizer.vocabulary).toEqual(['dog', 'cat']);
    expectRows(rows, { columns: 2, offsets: [0, 1, 2], indices: [1, 0], values: [2, 1] });
  });

  test.each(golden.weighting)('tf-idf $ours', async ({ ours, idf, rows }) => {
    const vectorizer = new TfidfVectorizer(ours);
    expectRows(await vectorizer.fitTransform(golden.texts), rows);
    if (idf) expectClose(vectorizer.idf ?? [], idf, allowed.idf);
    else expect(vectorizer.idf).toBeDefined();
    expectRows(await vectorizer.transform(golden.texts), rows);
  });
});

describe("scikit-learn's estimators", () => {
  test.each(golden.descent)('SGDClassifier as $ours, $labels', async ({ labels, epochs, ours, coefficients, intercepts }) => {
    const model = new SparseLinear(ours);
    const x = await SparseMatrix.from(golden.x);
    await model.fit(x, golden[labels], { epochs, shuffle: false });
    const l1 = (ours.l1Ratio ?? 0) > 0;
    // At its end a fit applies the L1 that is due to every weight, scikit-learn only to those of the last rows.
    if (l1) expectShrunk(model.coefficients().data(), coefficients.flat());
    else expectClose(model.coefficients().data(), coefficients.flat(), allowed.descent);
    expectClose(model.intercepts(), intercepts, l1 ? allowed.shrunkIntercepts : allowed.descent);
  });

  test.each(golden.dual)('LIBLINEAR, $loss', async ({ loss, alpha, coefficients, intercepts }) => {
    const model = new SparseLinear({ loss, alpha, solver: 'dual' });
    const x = await SparseMatrix.from(golden.x);
    await model.fit(x, golden.y2, { gap: 1e-11, epochs: 100_000 });
    expectClose(model.coefficients().data(), coefficients.flat(), allowed.dual);
    expectClose(model.intercepts(), intercepts, allowed.dualIntercepts);
  });
});

function expectShrunk(actual: ArrayLike<number>, expected: number[]): void {
  expectClose(actual, expected, allowed.shrunk);
  expected.forEach((value, i) => expect(Math.abs(actual[i] ?? NaN)).toBeLessThanOrEqual(Math.abs(value) + allowed.shrunk));
}
