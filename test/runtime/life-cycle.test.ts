import { describe, expect, test } from 'vitest';
import { runChild } from './child.js';

const clean = { code: 0, signal: null, output: '' };

/** Eight processes, two at a time, each to end as expected. */
async function eight(script: string, expected: object = clean): Promise<void> {
  for (let round = 0; round < 8; round += 2) {
    const ended = await Promise.all([runChild(script), runChild(script)]);
    expect(ended).toEqual([expected, expected]);
  }
}

describe('a process with running loops', () => {
  test('exits with its code, 8 times of 8', async () => {
    const script = `start(); start(); wide().runAsync(0); setTimeout(() => process.exit(7), Math.random() * 30);`;
    await eight(script, { ...clean, code: 7 });
  });

  test('exits from inside a progress callback', async () => {
    expect(await runChild(`start(() => process.exit(3));`)).toEqual({ ...clean, code: 3 });
  });

  test('ends by an uncaught exception as it would without', async () => {
    const ended = await runChild(`start(); setTimeout(() => { throw new Error('mine'); }, 10);`);
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.output).toContain('Error: mine');
  });

  test('reports what a callback threw, through the promise', async () => {
    const ended = await runChild(`start(() => { throw new Error('mine'); });`);
    expect(ended).toMatchObject({ code: 1, signal: null });
    expect(ended.output).toContain('Error: mine');
  });

  test('stays alive until they are done, and then ends by itself', async () => {
    const script = `start(null, { steps: 5000 }).done.then((result) => console.log(result.reason, result.steps));`;
    expect(await runChild(script)).toEqual({ ...clean, output: 'done 5000\n' });
  });

  test('runs signal handlers', async () => {
    const script = `
      const loop = start();
      process.on('SIGTERM', () => { console.log('heard'); loop.stop(); });
      setTimeout(() => process.kill(process.pid, 'SIGTERM'), 20);`;
    expect(await runChild(script)).toEqual({ ...clean, output: 'heard\n' });
  });

  test('ends where only a feed without a loop is awaited', async () => {
    expect(await runChild(`const feed = addon.createFeed(1); feed.acquire(); feed.acquire();`)).toEqual(clean);
  });
});

/** `main` runs in the process, `work` in the workers that `make()` starts. */
const workers = (main: string, work: string) => `
  const make = () => new Worker(__filename);
  const until = (worker, event) => new Promise((resolve) => worker.once(event, resolve));
  const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  if (isMainThread) main(); else work();
  async function main() { ${main} }
  function work() { ${work} }`;

const busy = `start(); start(() => {}); wide().runAsync(0); addon.createFeed(2).acquire(); parentPort.postMessage('ready');`;

describe('worker threads', () => {
  test('are terminated in the middle of loops, 20 of 20, and the process trains on', async () => {
    const script = workers(
      `const own = start();
       const live = addon.counters();
       for (let round = 0; round < 20; round++) {
         const worker = make();
         await until(worker, 'message');
         await pause(Math.random() * 10);
         await worker.terminate();
       }
       const after = addon.counters();
       console.log(after.liveLoops, after.liveBytes - live.liveBytes, after.livePrograms - live.livePrograms);
       own.stop();
       console.log((await own.done).reason);`,
      busy,
    );
    expect(await runChild(script)).toEqual({ ...clean, output: '1 0 0\nstopped\n' });
  });

  test('are started many at once and terminated at any moment', async () => {
    const script = (after: number) =>
      workers(
        `const all = Array.from({ length: 12 }, make);
       await Promise.all(all.map(async (worker, i) => { await pause(${String(after)} + i * 4); await worker.terminate(); }));
       console.log(addon.counters().liveLoops, addon.counters().liveBytes);`,
        busy,
      );
    for (let after = 0; after < 100; after += 10) expect(await runChild(script(after))).toEqual({ ...clean, output: '0 0\n' });
  });

  test('are still at work when the process exits, 8 times of 8', async () => {
    const script = workers(
      `start(); make(); await until(make(), 'message'); await pause(Math.random() * 5); process.exit(5);`,
      busy,
    );
    await eight(script, { ...clean, code: 5 });
  });

  test('exit by themselves in the middle of a loop', async () => {
    const work = `start(() => process.exit(9)); start();`;
    const script = workers(`console.log(await until(make(), 'exit'), addon.counters().liveLoops);`, work);
    for (let round = 0; round < 5; round++) expect(await runChild(script)).toEqual({ ...clean, output: '9 0\n' });
  });
});

test('objects of another context work with the same addon', async () => {
  const script = `
    const vm = require('node:vm');
    const other = vm.createContext({ addon, console });
    vm.runInContext(\`
      const buffer = addon.createBuffer(8);
      buffer.write(new Float32Array([1, 2]), 0);
      const back = new Float32Array(2);
      buffer.read(back, 0);
      console.log(back[0] + back[1]);
    \`, other);`;
  expect(await runChild(script)).toEqual({ ...clean, output: '3\n' });
});

describe('what the environment asks for', () => {
  const load = `console.log(addon.info().isa, addon.info().threads);`;

  test('RAVINE_ISA takes each that there is, and refuses others', async () => {
    for (const isa of ['scalar', 'avx2', 'avx512', 'neon', 'sse9']) {
      const ended = await runChild(`console.log(addon.info().isa, addon.info().isas.includes('${isa}'));`, { RAVINE_ISA: isa });
      if (ended.code === 0) expect(ended.output).toBe(`${isa} true\n`);
      else expect(ended.output).toMatch(new RegExp(`RAVINE_ISA=${isa} is not an instruction set .*\\n?help: there is .*scalar`));
    }
    expect((await runChild(load, { RAVINE_ISA: 'sse9' })).code).toBe(1);
    expect((await runChild(load, { RAVINE_ISA: 'scalar' })).code).toBe(0);
  });

  test('RAVINE_NUM_THREADS sets the threads, RAVINE_MEMORY_LIMIT the bytes', async () => {
    expect((await runChild(load, { RAVINE_NUM_THREADS: '3' })).output).toMatch(/ 3\n$/);
    const ended = await runChild(`addon.createBuffer(1000); addon.createBuffer(1000);`, { RAVINE_MEMORY_LIMIT: '1999' });
    expect(ended.output).toContain('RangeError: [createBuffer]: 1000 bytes do not fit, 1000 of at most 1999 are in use');
  });
});
