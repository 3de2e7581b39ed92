import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { diagnose, emitDeclarations } from './diagnose.js';

const programs = join(dirname(fileURLToPath(import.meta.url)), 'programs');
const files = readdirSync(programs)
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(programs, name));
const diagnosis = diagnose(files, emitDeclarations());

describe('the emitted declarations', () => {
  it('are right in themselves', () => {
    expect(diagnosis.declarations).toEqual([]);
  });

  for (const [file, { found, expected }] of diagnosis.programs) {
    const name = file.slice(programs.length + 1);

    it(`${name}: nothing but what is expected`, () => {
      const unexpected = found.filter(
        ({ line }) => !expected.some((expectation) => line > expectation.line && line <= expectation.lastLine),
      );
      expect(unexpected).toEqual([]);
    });

    for (const { text, snippet, line, lastLine } of expected) {
      it(`${name}:${line}: ${text} @ ${snippet}`, () => {
        const here = found.filter((finding) => finding.line > line && finding.line <= lastLine);
        expect(here.map((finding) => finding.snippet)).toEqual([snippet]);
        expect(here[0]?.text).toContain(text);
      });
    }
  }
});
