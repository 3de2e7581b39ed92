// Builds the addon and the native tests with AddressSanitizer and UndefinedBehaviorSanitizer into build-debug/.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cmakeJs = join(dirname(createRequire(import.meta.url).resolve('cmake-js/package.json')), 'bin', 'cmake-js');
const options = [
  'build',
  '--debug',
  '--prefer-make',
  '--out',
  'build-debug',
  '--parallel',
  String(availableParallelism()),
  '--log-level',
  'warn',
];

const run = spawnSync(process.execPath, [cmakeJs, ...options], { cwd: root, stdio: 'inherit' });
process.exit(run.status ?? 1);
