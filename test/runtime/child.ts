import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { candidates } from '../../lib/runtime/native.js';
import { stepCode, places } from './step.js';

/** How a child process ended, and what it wrote. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** What the children begin with: `addon`, and `start(onProgress)`, which starts an endless loop over 1,000 samples. */
const prelude = (addonPath: string) => `
const addon = require(${JSON.stringify(addonPath)});
const { Worker, isMainThread, parentPort, workerData } = require('node:worker_threads');
function start(onProgress = null, more = {}) {
  const x = addon.createBuffer(4000);
  x.write(new Float32Array(1000).fill(1), 0);
  const arena = addon.createBuffer(4096);
  const weight = addon.createBuffer(4);
  const full = addon.createProgram(Float64Array.from(${JSON.stringify([...stepCode(1000, 8)])})).bind([x, arena, weight]);
  return addon.startLoop({
    full, parts: 2, samples: 1000, batchSize: 8, epochs: 2 ** 50, firstBatch: 0, firstEpoch: 0, firstStep: 0,
    shuffle: true, seed: 1, indices: { buffer: arena, byteOffset: 256 }, progressMs: 0,
    metrics: [{ buffer: arena, byteOffset: ${String(places.gradient)}, dtype: 'float32', mean: true }], ...more,
  }, onProgress);
}
function wide() {
  const bytes = 1 << 22;
  const buffer = addon.createBuffer(bytes);
  const fill = addon.kernels.findIndex((kernel) => kernel.name === 'fill');
  const code = Float64Array.of(1, 1, 1, 1, 1, bytes, 1, 1, 0, 0, 0, bytes / 4, fill, 0, 1, 1, 0, 3);
  return addon.createProgram(code).bind([buffer]);
}
`;

/** Runs a script as a process of its own; it may start itself as a worker, `new Worker(__filename)`. */
export async function runChild(script: string, env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  const addonPath = candidates(process.env['RAVINE_ADDON']).find((file) => existsSync(file));
  if (!addonPath) throw new Error('the addon is not built');
  const folder = mkdtempSync(join(tmpdir(), 'ravine-child-'));
  const file = join(folder, 'child.cjs');
  writeFileSync(file, prelude(addonPath) + script);
  const child = spawn(process.execPath, ['--unhandled-rejections=strict', '--throw-deprecation', file], {
    env: { ...process.env, ...env },
  });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
    child.on('close', (...end) => {
      resolve(end);
    });
  });
  rmSync(folder, { recursive: true });
  return { code, signal, output };
}
