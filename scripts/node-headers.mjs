// Node-API's headers, without a download: from beside the running Node, else from the package `node-api-headers`.

import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);
const headers = ['node_api.h', 'node_api_types.h', 'js_native_api.h', 'js_native_api_types.h'];

/** The folder that holds `node_api.h`. */
export function findHeaders(executable = process.execPath) {
  const besideNode = [executable, realpathSync(executable)].map((path) => join(dirname(dirname(path)), 'include', 'node'));
  const packaged = tryResolve('node-api-headers');
  const folders = packaged ? [...besideNode, require(packaged).include_dir] : besideNode;
  const found = folders.find((folder) => headers.every((header) => existsSync(join(folder, header))));
  if (found) return found;
  throw new Error(
    `Node's headers were not found in ${[...new Set(besideNode)].join(', ')}\n` +
      `help: run \`npm install node-api-headers\` here, or install the development files of Node ${process.version}`,
  );
}

/** Makes a folder that `node-gyp --nodedir` takes: the headers, and settings that leave every compiler flag to binding.gyp. */
export function makeNodeFolder(folder) {
  const source = findHeaders();
  const include = join(folder, 'include', 'node');
  mkdirSync(include, { recursive: true });
  for (const header of headers) writeIfChanged(join(include, header), readFileSync(join(source, header), 'utf8'));
  writeIfChanged(join(include, 'common.gypi'), `{'target_defaults': {'configurations': {'Release': {}}}}\n`);
  writeIfChanged(join(include, 'config.gypi'), `{'target_defaults': {}, 'variables': {}}\n`);
  return source;
}

// A file that keeps its time stamp does not make everything compile again.
function writeIfChanged(path, text) {
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text);
}

function tryResolve(name) {
  try {
    return require.resolve(name);
  } catch {
    return null;
  }
}
