// `npm pack` calls this before and after. A published package installs without any script: it carries the built addon, and its
// package.json has neither scripts nor development dependencies. The checkout's own package.json is put back afterwards.

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildNative } from './build-native.mjs';
import { buildTypeScript } from './build-ts.mjs';
import { checkBinary } from './check-binary.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const manifest = join(root, 'package.json');
const kept = join(root, 'build', 'package.json.kept');
const prebuilt = join(root, 'prebuilds', 'linux-x64-gnu', 'ravine.node');

/** Puts the checkout's package.json back, if a pack that was cut off left the published one. */
export function restoreManifest() {
  if (existsSync(kept)) renameSync(kept, manifest);
}

function before() {
  if (`${process.platform}-${process.arch}` !== 'linux-x64') throw new Error('packages are made on linux-x64');
  restoreManifest();
  buildNative();
  buildTypeScript();
  const findings = checkBinary();
  if (findings.length > 0) throw new Error(findings.join('\n'));
  mkdirSync(dirname(prebuilt), { recursive: true });
  copyFileSync(join(root, 'build', 'Release', 'ravine.node'), prebuilt);
  execFileSync('strip', ['--strip-unneeded', prebuilt]);
  publishManifest();
}

// The last step, so that nothing is left to fail after it.
function publishManifest() {
  const published = JSON.parse(readFileSync(manifest, 'utf8'));
  for (const key of ['scripts', 'devDependencies', 'binary']) delete published[key];
  copyFileSync(manifest, `${kept}.new`);
  renameSync(`${kept}.new`, kept);
  writeFileSync(manifest, `${JSON.stringify(published, null, 2)}\n`);
}

function after() {
  restoreManifest();
  rmSync(join(root, 'prebuilds'), { recursive: true, force: true });
}

if (process.argv[1] && fileURLToPath(import.meta.url) === process.argv[1]) {
  if (process.argv[2] === 'before') before();
  else after();
}
