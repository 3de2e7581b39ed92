// `npm run example -- NAME [options]` runs examples/NAME.mjs, or examples/NAME/main.mjs whose own packages are installed at first.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
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
if (existsSync(join(own, 'package.json')) && !existsSync(join(own, 'node_modules'))) {
  run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], own);
}
const program = existsSync(`${own}.mjs`) ? `${own}.mjs` : join(own, 'main.mjs');
run(process.execPath, [program, ...options], process.cwd());

function run(command, args, cwd) {
  const { status } = spawnSync(command, args, { cwd, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
