// Checks what the compiler and the linker made: which system libraries the addon needs, and that no code of one instruction set
// can be taken for another's.

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const newestGlibc = [2, 34];

/** Symbol versions above glibc 2.34 or of a C++ library, in the addon's imports. */
export function tooNewSymbols(file) {
  const imports = run('objdump', ['-T', file]).matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_([\d.]+)\)?\s+(\S+)/g);
  const isTooNew = ([, library, version]) => library !== 'GLIBC' || compare(version.split('.').map(Number), newestGlibc) > 0;
  return [...imports].filter(isTooNew).map(([, library, version, name]) => `${name} needs ${library}_${version}`);
}

/**
 * Weak symbols of an instruction set's object files that lie outside of its namespace. The linker keeps one copy of a weak symbol,
 * and on a machine without AVX-512 that copy must not be AVX-512 code.
 */
export function sharedWeakSymbols(folder, isa) {
  const symbols = objectFiles(folder).flatMap((file) => run('nm', ['-C', '--defined-only', file]).split('\n'));
  const weak = symbols.map((line) => /^\S+ [VWuw] (.*)$/.exec(line)?.[1]).filter((name) => name !== undefined);
  return weak.filter((name) => !name.includes(`ravine::${isa}::`) && !name.startsWith('DW.ref.'));
}

function compare(a, b) {
  const i = b.findIndex((part, i) => part !== (a[i] ?? 0));
  return i < 0 ? 0 : (a[i] ?? 0) - b[i];
}

function objectFiles(folder) {
  const files = readdirSync(folder, { recursive: true }).filter((file) => file.endsWith('.o'));
  return files.map((file) => join(folder, file));
}

function run(command, options) {
  return execFileSync(command, options, { encoding: 'utf8', maxBuffer: 1 << 28 });
}

export function checkBinary(build = join(root, 'native', 'build', 'Release')) {
  const findings = tooNewSymbols(join(build, 'ravine.node'));
  for (const isa of ['scalar', 'avx2', 'avx512']) {
    const folder = join(build, 'obj.target', `ravine_${isa}`);
    if (existsSync(folder)) findings.push(...sharedWeakSymbols(folder, isa).map((name) => `${isa}: weak symbol ${name}`));
  }
  const loading = run('readelf', ['-d', join(build, 'ravine.node')]);
  if (!loading.includes('NODELETE')) findings.push('the addon may be unmapped (no -z nodelete)');
  if (loading.includes('libstdc++')) findings.push('the addon needs the system C++ library');
  return findings;
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const findings = checkBinary();
  for (const finding of findings) console.error(finding);
  console.log(`check-binary: ${findings.length === 0 ? 'nothing found' : `${findings.length} findings`}`);
  process.exit(findings.length === 0 ? 0 : 1);
}
