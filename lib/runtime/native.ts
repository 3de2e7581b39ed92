import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { RavineError } from '../errors.js';
import type { Addon } from './addon.js';

const require = createRequire(import.meta.url);
let loaded: Addon | undefined;

/** The addon, loaded when it is first asked for. Nothing else loads it. */
export function addon(): Addon {
  loaded ??= loadAddon(candidates(process.env['RAVINE_ADDON']));
  return loaded;
}

/** Where the addon may lie, best first. A path of the developer's own stands alone: nothing else is taken in its place. */
export function candidates(override: string | undefined): string[] {
  if (override) return [override];
  const platform = `${process.platform}-${process.arch}`;
  const prebuilt = process.platform === 'linux' ? [`${platform}-gnu`, `${platform}-musl`] : [platform];
  const paths = [...prebuilt.map((folder) => `prebuilds/${folder}/ravine.node`), 'build/Release/ravine.node'];
  return paths.map((path) => fileURLToPath(new URL(`../../${path}`, import.meta.url)));
}

/** The first of these files that is there and fits this machine. */
export function loadAddon(paths: readonly string[]): Addon {
  const reasons: string[] = [];
  for (const path of paths) {
    const found = existsSync(path) ? tryLoad(path) : 'not there';
    if (typeof found !== 'string') return found;
    reasons.push(`\n  ${path}: ${found}`);
  }
  const machine = `${process.platform} ${process.arch}, Node ${process.version}`;
  throw new RavineError('addon', 'ravine', `expected an addon for ${machine}, looked for${reasons.join('')}`, {
    help: 'build it here with `npx ravine build` (needs Python 3, make and a C++20 compiler), in a checkout with `npm run build`',
  });
}

/** The addon, or why this file is none. */
function tryLoad(path: string): Addon | string {
  try {
    const exported: unknown = require(path);
    return isAddon(exported) ? exported : 'holds no list of kernels, so it was built for another version of ravine';
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_DLOPEN_FAILED') return error.message;
    throw error;
  }
}

function isAddon(value: unknown): value is Addon {
  if (typeof value !== 'object' || value === null) return false;
  return 'kernels' in value && Array.isArray(value.kernels) && value.kernels.length > 0 && 'createProgram' in value;
}
