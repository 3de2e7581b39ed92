import { describe, expect, test } from 'vitest';
import { runChild } from '../runtime/child.js';

/** Starts a fit that would never end. */
const endless = `
async function descend(onProgress = null) {
  const buffer = (array) => { const made = addon.createBuffer(array.byteLength); made.write(array, 0); return made; };
  const { matrix } = await addon.startSparse({
    kind: 'arrays', rows: 2, columns: 3, entries: 2, index: 'uint32',
    offsets: buffer(Float64Array.of(0, 1, 2)), indices: buffer(Uint32Array.of(0, 1)),
  }, null).done;
  return addon.startSparse({
    kind: 'sgd', matrix, labels: Int32Array.of(0, 1), loss: 'log', outputs: 1, epochs: 2 ** 50, alpha: 1e-4, seed: 1,
    weights: buffer(new Float32Array(3)), scalars: buffer(new Float64Array(6)), firstEpoch: 0, l1Ratio: 0, eta0: 0.1,
    constant: false, average: false, averageFrom: 0, interceptRate: 0.01, shuffle: true,
  }, onProgress);
}
`;
const clean = { signal: null, output: '' };

describe('a process with a running fit', () => {
  test('exits with its code', async () => {
    const script = `${endless} descend(); setTimeout(() => process.exit(7), 60);`;
    expect(await Promise.all([runChild(script), runChild(script)])).toEqual(Array(2).fill({ ...clean, code: 7 }));
  });

  test('exits from inside a progress callback', async () => {
    expect(await runChild(`${endless} descend(() => process.exit(3));`)).toEqual({ ...clean, code: 3 });
  });

  test('ends when the fit is stopped', async () => {
    const script = `${endless} descend().then((job) => { setTimeout(() => job.stop(), 20); return job.done; }).then(({ stopped }) => console.log(stopped));`;
    expect(await runChild(script)).toEqual({ ...clean, code: 0, output: 'true\n' });
  });

  test('terminates workers in the middle of one', async () => {
    const script = `${endless}
      if (isMainThread) {
        (async () => {
          for (let round = 0; round < 5; round++) {
            const worker = new Worker(__filename);
            await new Promise((resolve) => worker.once('message', resolve));
            await worker.terminate();
          }
          console.log(addon.counters().liveLoops);
        })();
      } else descend(() => parentPort.postMessage('runs'));
    `;
    expect(await runChild(script)).toEqual({ ...clean, code: 0, output: '0\n' });
  });
});
