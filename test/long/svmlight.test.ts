import { writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { RavineError, readSvmlight } from '../../lib/index.js';
import { temporaryFolder } from '../io/folder.js';
import { random } from '../sparse/reference.js';

const folder = temporaryFolder();

/** A line that is right, in one of the many ways. */
function line(next: () => number): string {
  const pairs: string[] = [];
  for (let index = 1 + Math.floor(next() * 5); pairs.length < next() * 12; index += 1 + Math.floor(next() * 9))
    pairs.push(
      `${index}:${[next().toFixed(4), `-${next()}`, '1', `${next()}e-${Math.floor(next() * 30)}`][Math.floor(next() * 4)]}`,
    );
  return `${next() < 0.5 ? '-1' : '+1'} ${pairs.join(' ')}${next() < 0.1 ? ' # c' : ''}`;
}

const pieces = [
  ':',
  ' ',
  '\n',
  '\0',
  '-',
  '+',
  '.',
  'e',
  '#',
  '9'.repeat(400),
  'nan',
  'inf',
  'qid:',
  '\xff',
  '1:1',
  '\r',
  '0x1',
  '1e400',
];

test('malformed files are refused by line, or read as they stand', async () => {
  const next = random(11);
  const path = folder.path('fuzz.svm');
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    let text = Array.from({ length: 1 + Math.floor(next() * 20) }, () => line(next)).join('\n');
    for (let change = 0; change <= next() * 4; change++) {
      const at = Math.floor(next() * text.length);
      const cut = at + Math.floor(next() * 6);
      text = text.slice(0, at) + (next() < 0.8 ? (pieces[Math.floor(next() * pieces.length)] ?? '') : '') + text.slice(cut);
    }
    await writeFile(path, text, 'latin1');
    try {
      const { x, y } = await readSvmlight(path, { columns: 1000 });
      const { offsets, indices, values } = x.toArrays();
      expect([offsets[0], offsets.at(-1), y.length]).toEqual([0, values.length, x.rows]);
      expect(values.every(Number.isFinite) && y.every(Number.isFinite) && indices.every((index) => index < 1000)).toBe(true);
    } catch (error) {
      if (!(error instanceof RavineError)) throw error;
      expect(error.code).toBe('format');
      expect(error.message).toMatch(/line \d+: |no rows/);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(1000);
});

test('numbers are read as JavaScript reads them', async () => {
  const next = random(12);
  const texts = Array.from({ length: 20_000 }, () => {
    const number = (next() - 0.5) * 10 ** Math.floor(next() * 60 - 30);
    return [String(number), number.toFixed(6), number.toExponential(3), number.toPrecision(17)][Math.floor(next() * 4)] ?? '0';
  });
  const path = folder.path('numbers.svm');
  await writeFile(path, texts.map((text) => `${text} 1:${text}`).join('\n'));
  const { x, y } = await readSvmlight(path);
  expect(y).toEqual(Float64Array.from(texts, Number));
  expect(x.toArrays().values).toEqual(Float32Array.from(texts, Number));
});
