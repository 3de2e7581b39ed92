// Compiles lib/ to dist/, from nothing, so that no file of a removed module is left.

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

export function buildTypeScript() {
  const compiler = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const run = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (run.status !== 0) throw new Error('lib/ does not compile');
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) buildTypeScript();
