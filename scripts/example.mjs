// `npm run example -- NAME [options]` runs examples/NAME.mjs or examples/NAME/main.mjs. Packages of examples/package.json that its files name are
// installed before the first run.

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples');
const [name, ...options] = process.argv.slice(2);

const names = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.name.endsWith('.mjs') || existsSync(join(folder, entry.name, 'main.mjs')))
  .map((entry) => entry.name.replace(/\.mjs$/, ''));

if (!names.includes(name)) {
  console.error(`usage: npm run example -- NAME [options]\nexamples: ${names.join(', ')}`);
  process.exit(name === undefined ? 0 : 2);
}

const own = join(folder, name);
const program = existsSync(`${own}.mjs`) ? `${own}.mjs` : join(own, 'main.mjs');
const missing = packagesOf(program).filter(([needed]) => !existsSync(join(folder, 'node_modules', needed)));
if (missing.length > 0) {
  const wanted = missing.map(([needed, version]) => `${needed}@${version}`);
  run('npm', ['install', '--no-save', '--no-package-lock', '--ignore-scripts', '--no-audit', '--no-fund', ...wanted], folder);
}
run(process.execPath, [program, ...options], process.cwd());

/** Names and versions of the packages that the example's own files name. */
function packagesOf(path) {
  const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const files = path.endsWith('main.mjs') ? readdirSync(own).map((file) => join(own, file)) : [path];
  const text = files.filter((file) => file.endsWith('.mjs')).map((file) => readFileSync(file, 'utf8'));
  return Object.entries(dependencies).filter(([needed]) => text.some((source) => source.includes(`'${needed}/`)));
}

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
