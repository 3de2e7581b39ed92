import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'ravine-math-'));
const program = join(folder, 'math_test');
afterAll(() => rmSync(folder, { recursive: true }));

interface Sources {
  readonly variables: Readonly<Record<string, readonly string[]>>;
}

function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  expect(status, stdout + stderr).toBe(0);
  return stdout;
}

/** The test program, optimised as the addon is: once for each instruction set, then linked. */
beforeAll(() => {
  const sources = JSON.parse(readFileSync(join(root, 'native', 'sources.gypi'), 'utf8')) as Sources;
  const flags = ['-O3', ...(sources.variables['ravine_flags'] ?? [])];
  const isas = process.arch === 'x64' ? ['scalar', 'avx2', 'avx512'] : ['scalar'];
  const objects = isas.map((isa) => {
    const object = join(folder, `${isa}.o`);
    const own = sources.variables[`ravine_${isa}_flags`] ?? [];
    run('c++', [...flags, ...own, `-DRAVINE_ISA=${isa}`, '-c', 'test/native/math_isa.cpp', '-o', object]);
    return object;
  });
  run('c++', [...flags, 'test/native/math_test.cpp', ...objects, '-o', program]);
});

it.each(['exp', 'log', 'log1p', 'expm1', 'rsqrt', 'sin', 'cos', 'tanh', 'sigmoid', 'erf'])('%s of every float', (name) => {
  expect(run(program, ['1', name])).toContain(`ok     ${name}`);
});

it('pow of many pairs', () => {
  expect(run(program, ['64', 'pow'])).toContain('ok     pow');
});
