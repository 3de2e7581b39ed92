// Runs tests on the build with sanitizers: its own (test/sanitize), then the suite, or the files that are named.

import { execFileSync, spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const addon = join(root, 'build-debug', 'Debug', 'ravine.node');
const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

if (!existsSync(addon)) {
  console.error(`${addon} is not there: run \`npm run build:debug\``);
  process.exit(1);
}
const runtime = execFileSync(process.env.CXX ?? 'g++', ['-print-file-name=libasan.so'], { encoding: 'utf8' }).trim();
const env = {
  ...process.env,
  RAVINE_ADDON: addon,
  LD_PRELOAD: runtime,
  // What V8 and Node leave at exit is not ours.
  ASAN_OPTIONS: 'detect_leaks=0:abort_on_error=0',
  UBSAN_OPTIONS: 'print_stacktrace=1',
};
const options = ['run', '--config', 'vitest.sanitize.config.ts', ...process.argv.slice(2)];
const run = spawnSync(process.execPath, [vitest, ...options], { cwd: root, env, stdio: 'inherit' });
process.exit(run.status ?? 1);
