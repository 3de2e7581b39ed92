import { expect, it } from 'vitest';
import { CsvParser } from '../../lib/data/csv-records.js';
import { RavineError } from '../../lib/index.js';
import { generator } from '../ops/values.js';

function parse(text: string, random: () => number): string[][] {
  const parser = new CsvParser('fuzz.csv', ',');
  const rows: string[][] = [];
  for (let at = 0; at < text.length;) {
    const next = at + 1 + Math.floor(random() * 9);
    for (const { fields } of parser.push(text.slice(at, next))) rows.push([...fields]);
    at = next;
  }
  for (const { fields } of parser.finish()) rows.push([...fields]);
  return rows;
}

const pick = (letters: readonly string[], random: () => number): string => letters[Math.floor(random() * letters.length)] ?? '';
const letters = ['a', '1', ' ', ',', '"', '\n', '\r', 'é', '😀', ''];

it('reads back every table that was written, whatever is in it and however it is cut', () => {
  const random = generator(1);
  for (let round = 0; round < 20_000; round++) {
    const columns = 2 + Math.floor(random() * 3);
    const table = Array.from({ length: Math.floor(random() * 4) }, () =>
      Array.from({ length: columns }, () =>
        Array.from({ length: Math.floor(random() * 5) }, () => pick(letters, random)).join(''),
      ),
    );
    const end = random() < 0.5 ? '\n' : '\r\n';
    const cell = (text: string): string => (/[",\n\r]/.test(text) || random() < 0.2 ? `"${text.replaceAll('"', '""')}"` : text);
    const text = table.map((row) => row.map(cell).join(',') + end).join('');
    expect(parse(random() < 0.5 ? text : text.slice(0, text.length - end.length), random)).toEqual(table);
  }
});

it('gives records or an error of its own for any text', () => {
  const random = generator(2);
  for (let round = 0; round < 50_000; round++) {
    const text = Array.from({ length: Math.floor(random() * 30) }, () => pick(letters, random)).join('');
    try {
      parse(text, random);
    } catch (error) {
      expect(error).toBeInstanceOf(RavineError);
      expect((error as RavineError).message).toMatch(/^\[data\.csv\] fuzz\.csv, line \d+: /);
    }
  }
});
