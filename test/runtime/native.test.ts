import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { RavineError } from '../../lib/errors.js';
import { addon, candidates, loadAddon } from '../../lib/runtime/native.js';

const folder = mkdtempSync(join(tmpdir(), 'ravine-loader-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const built = candidates(undefined).at(-1)!;

describe('the loader', () => {
  it('looks in prebuilds, then for a local build', () => {
    const paths = candidates(undefined);
    expect(paths.at(0)).toContain(join('prebuilds', `${process.platform}-${process.arch}`));
    expect(paths.at(-1)).toMatch(/build.Release.ravine\.node$/);
  });

  it('takes nothing in the place of the file that the developer named', () => {
    expect(candidates('/somewhere/ravine.node')).toEqual(['/somewhere/ravine.node']);
  });

  it('passes over what is missing, cannot be loaded or is no addon of ours', () => {
    const broken = file('broken.node', 'not a shared object');
    const foreign = file('foreign.cjs', 'module.exports = { kernels: [] };');
    expect(loadAddon([join(folder, 'missing.node'), broken, foreign, process.env['RAVINE_ADDON'] ?? built])).toBe(addon());
  });

  it('says where it looked, what it found there and what to do', () => {
    const missing = join(folder, 'missing.node');
    const broken = file('broken.node', 'not a shared object');
    const foreign = file('foreign.cjs', 'module.exports = {};');
    const load = () => loadAddon([missing, broken, foreign]);
    expect(load).toThrow(RavineError);
    expect(load).toThrow(`expected an addon for ${process.platform} ${process.arch}, Node ${process.version}, looked for`);
    expect(load).toThrow(`${missing}: not there`);
    expect(load).toThrow(/broken\.node: .*(invalid ELF header|file too short)/);
    expect(load).toThrow(`${foreign}: holds no list of kernels`);
    expect(load).toThrow('help: build it here with `npx ravine build`');
  });

  it('does not hide an addon that refuses to start', () => {
    const refusing = file('refusing.cjs', "throw new Error('RAVINE_ISA is not one of them');");
    expect(() => loadAddon([refusing, built])).toThrow('RAVINE_ISA is not one of them');
  });

  it('finds the kernels by name', () => {
    expect(addon().kernels.map((kernel) => kernel.name)).toContain('matmul');
  });
});
