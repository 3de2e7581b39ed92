import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { addon } from '../../lib/runtime/native.js';

const path = process.env['RAVINE_ADDON'] ?? '';
const nativeTests = new URL('../../build-debug/native-tests/', import.meta.url).pathname;

function runNode(program: string) {
  return spawnSync(process.execPath, ['-e', program], { encoding: 'utf8' });
}

describe('the build with sanitizers', () => {
  it('is the one that is loaded', () => {
    expect(path).toContain('build-debug');
    expect(addon().info().debug).toBe(true);
  });

  it('catches a write past the end of a heap block', () => {
    const run = runNode(`require(${JSON.stringify(path)}).provokeOverflow(); console.log('not caught')`);
    expect(run.stderr).toContain('AddressSanitizer: heap-buffer-overflow');
    expect(run.stdout).not.toContain('not caught');
    expect(run.status).not.toBe(0);
  });

  it('says nothing when nothing is wrong', () => {
    const run = runNode(`require(${JSON.stringify(path)}).info(); console.log('loaded')`);
    expect(run.stderr).toBe('');
    expect(run.stdout).toBe('loaded\n');
    expect(run.status).toBe(0);
  });

  it.each(readdirSync(nativeTests))('passes the native program %s', (name) => {
    // Software fma under sanitizers is slow: one product in seven is enough to find a write out of place.
    const run = spawnSync(nativeTests + name, name === 'gemm_test' ? ['7'] : [], { encoding: 'utf8' });
    expect(run.stderr).not.toContain('Sanitizer');
    expect(run.status, run.stdout + run.stderr).toBe(0);
  });
});
