import { describe, expect, it } from 'vitest';
import { data } from '../../lib/index.js';

const wrong = (value: unknown) => value as never;

/** 60 of class 2, 30 of class 0, 11 of class 5. */
const labels = [...new Array<number>(60).fill(2), ...new Array<number>(30).fill(0), ...new Array<number>(11).fill(5)];
const dataset = data.from({ x: labels.map((_, i) => [i]), y: labels });

const rowsOf = (part: data.Dataset) => [...(part.fields.get('x')?.tensor.data() ?? [])];
const counts = (part: data.Dataset) => {
  const classes = [...(part.fields.get('y')?.tensor.data() ?? [])];
  return [2, 0, 5].map((label) => classes.filter((own) => own === label).length);
};
const sorted = (rows: readonly number[]) => [...rows].sort((a, b) => a - b);
const everyRow = labels.map((_, i) => i);

describe('stratified split', () => {
  it('keeps the proportions of classes, and every sample', () => {
    for (const seed of [0, 1, 2]) {
      const [first, second] = dataset.split(0.3, { stratify: true, seed });
      expect(counts(first)).toEqual([18, 9, 3]);
      expect(first.samples).toBe(30);
      expect(sorted([...rowsOf(first), ...rowsOf(second)])).toEqual(everyRow);
    }
  });

  it('gives as many samples as asked for', () => {
    for (const count of [2, 50, 99, 100]) {
      const [first, second] = dataset.split(count, { stratify: true });
      expect([first.samples, second.samples]).toEqual([count, 101 - count]);
      counts(first).forEach((own, i) => expect(Math.abs(own - ([60, 30, 11][i]! * count) / 101)).toBeLessThan(1));
    }
    expect(dataset.split(40)[0].samples).toBe(40);
  });

  it('is decided by the seed', () => {
    const rows = (seed: number) => rowsOf(dataset.split(0.5, { stratify: true, seed })[0]);
    expect(rows(1)).toEqual(rows(1));
    expect(rows(1)).not.toEqual(rows(2));
  });

  it('says what it expects', () => {
    expect(() => data.from({ x: [[1], [2], [3]] }).split(0.5, { stratify: true })).toThrow(
      "[Dataset.split] expected 'y' to be one class a sample to stratify by, got none",
    );
    expect(() => data.from({ x: [1, 2], y: [[1], [2]] }).split(0.5, { stratify: true })).toThrow('got float32[2,1]');
    expect(() => data.from({ x: [1, 2, 3], y: [0, 0, 7] }).split(0.5, { stratify: true })).toThrow(
      '[Dataset.split] expected at least 2 samples of each class, got 1 of class 7',
    );
    expect(() => dataset.split(0.5, { stratify: wrong(1) })).toThrow('expected stratify to be true or false, got 1');
    expect(() => dataset.split(0.5, wrong({ stratified: true }))).toThrow("unknown option 'stratified'");
  });
});

describe('folds', () => {
  it.each([false, true])('validate on every sample once, stratify: %s', (stratify) => {
    const folds = [...dataset.folds(5, { seed: 3, stratify })];
    expect(folds.map(({ validation }) => validation.samples).sort()).toEqual([20, 20, 20, 20, 21]);
    expect(sorted(folds.flatMap(({ validation }) => rowsOf(validation)))).toEqual(everyRow);
    for (const { train, validation } of folds) expect(sorted([...rowsOf(train), ...rowsOf(validation)])).toEqual(everyRow);
    if (stratify)
      for (const { validation } of folds) {
        expect(counts(validation).slice(0, 2)).toEqual([12, 6]);
        expect([2, 3]).toContain(counts(validation)[2]);
      }
  });

  it('are decided by the seed', () => {
    const first = (seed: number) => {
      for (const { validation } of dataset.folds(4, { seed })) return rowsOf(validation);
      return [];
    };
    expect(first(1)).toEqual(first(1));
    expect(first(1)).not.toEqual(first(2));
  });

  it('say what they expect', () => {
    for (const count of [1, 102]) expect(() => [...dataset.folds(count)]).toThrow(`expected a count from 2 to 101, got ${count}`);
    expect(() => [...dataset.folds(0.5)]).toThrow('[Dataset.folds] expected count to be a positive integer, got 0.5');
    expect(() => [...dataset.folds(12, { stratify: true })]).toThrow(
      'expected at least 12 samples of each class, got 11 of class 5',
    );
  });
});
