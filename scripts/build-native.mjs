// Builds the addon: node-gyp in native/, then build/Release/ravine.node is replaced in one step.

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeNodeFolder } from './node-headers.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const require = createRequire(import.meta.url);

export function buildNative({ clean = false, verbose = false } = {}) {
  const nodeFolder = join(root, 'build', 'node');
  const headers = makeNodeFolder(nodeFolder);
  if (verbose) console.log(`headers: ${headers}`);
  const command = clean || !existsSync(join(root, 'native', 'build', 'Makefile')) ? ['configure', 'build'] : ['build'];
  if (clean) command.unshift('clean');
  for (const step of command) runNodeGyp(step, nodeFolder, verbose);
  install(join(root, 'native', 'build', 'Release', 'ravine.node'), join(root, 'build', 'Release', 'ravine.node'));
}

function runNodeGyp(step, nodeFolder, verbose) {
  const options = [`--nodedir=${nodeFolder}`, `--jobs=${availableParallelism()}`, verbose ? '--verbose' : '--loglevel=warn'];
  const run = spawnSync(process.execPath, [findNodeGyp(), step, ...options], {
    cwd: join(root, 'native'),
    stdio: 'inherit',
    // The Makefile is made anew by this when binding.gyp changes; it too must not download.
    env: { ...process.env, npm_config_nodedir: nodeFolder },
  });
  if (run.status !== 0) throw new Error(`node-gyp ${step} failed (it needs Python 3, make and a C++20 compiler)`);
}

/** The project's node-gyp, else the one that npm carries. */
function findNodeGyp() {
  const npm = process.env.npm_execpath && join(dirname(dirname(process.env.npm_execpath)), 'node_modules');
  const besideNode = join(dirname(dirname(process.execPath)), 'lib', 'node_modules', 'npm', 'node_modules');
  const local = tryResolve('node-gyp/bin/node-gyp.js');
  const carried = [npm, besideNode].filter(Boolean).map((folder) => join(folder, 'node-gyp', 'bin', 'node-gyp.js'));
  const found = [local, process.env.npm_config_node_gyp, ...carried].find((path) => path && existsSync(path));
  if (found) return found;
  throw new Error('node-gyp was not found\nhelp: run `npm install node-gyp` here');
}

function tryResolve(name) {
  try {
    return require.resolve(name);
  } catch {
    return null;
  }
}

// Whoever has the old addon loaded keeps it; nobody sees half of the new one.
function install(from, to) {
  mkdirSync(dirname(to), { recursive: true });
  const temporary = `${to}.${process.pid}`;
  copyFileSync(from, temporary);
  renameSync(temporary, to);
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  const has = (option) => process.argv.includes(option);
  buildNative({ clean: has('--clean'), verbose: has('--verbose') });
}
