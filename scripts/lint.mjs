// Checks the style of all sources; with --fix, repairs what can be repaired. Reports every finding before it fails.

import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);
const fix = process.argv.includes('--fix');
const longestFile = 500;

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' });
const files = listed.split('\n').filter((path) => existsSync(join(root, path)));
const scripts = files.filter((path) => /\.(ts|mts|cts|js|mjs|cjs)$/.test(path));
const native = files.filter((path) => /\.(cpp|h)$/.test(path));

const failed = [
  run('prettier', packageFile('prettier', 'bin/prettier.cjs'), [fix ? '--write' : '--check', '--log-level=warn', ...scripts]),
  run('eslint', packageFile('eslint', 'bin/eslint.js'), ['--max-warnings=0', ...(fix ? ['--fix'] : []), '.']),
  run('clang-format', packageFile('clang-format', 'index.js'), [...(fix ? ['-i'] : ['--dry-run', '--Werror']), ...native]),
  checkLengths([...scripts, ...native]),
].filter(Boolean);

if (failed.length > 0) {
  console.error(`lint: ${failed.join(', ')} found something${fix ? '' : '; `npm run format` repairs what it can'}`);
  process.exit(1);
}

function run(name, script, options) {
  return spawnSync(process.execPath, [script, ...options], { cwd: root, stdio: 'inherit' }).status === 0 ? null : name;
}

function packageFile(name, path) {
  return join(dirname(require.resolve(`${name}/package.json`)), path);
}

function checkLengths(paths) {
  const long = paths.filter((path) => readFileSync(join(root, path), 'utf8').split('\n').length > longestFile + 1);
  for (const path of long) console.error(`${path}: more than ${longestFile} lines`);
  return long.length > 0 ? 'file length' : null;
}
