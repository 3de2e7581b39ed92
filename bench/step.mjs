// An optimiser's step on given gradients, in bytes a second, next to triads over as many bytes in the same run.

import { add, info, mul } from '../dist/index.js';
import { Trace, withTrace } from '../dist/ir/trace.js';
import { Program } from '../dist/runtime/program.js';
import { SlotTable } from '../dist/runtime/slots.js';
import { SharedBuffer } from '../dist/runtime/storage.js';
import { traceUpdate } from '../dist/train/update-graph.js';
import { median } from './workloads.mjs';

const width = 4;

/**
 * Rounds of one window each: STREAM's triad a ← b + s·c, the triad in place a ← a + s·b, the step. The triads' arrays are together as large as the step's;
 * counted is what the formula reads and writes, so not that a line of the first triad's a is read before it is written. `share` is of the faster triad in the
 * same round: the machine's neighbours change from one to the next.
 */
export function measureStep(optimizer, parameters, { rounds = 15, steps = 10 } = {}) {
  const arrays = 2 + optimizer.state.length;
  const runs = {
    triad: triad(Math.floor((parameters * arrays) / 3), false),
    in_place: triad(Math.floor((parameters * arrays) / 2), true),
    step: step(optimizer, parameters),
  };
  const rates = { triad: [], in_place: [], step: [] };
  for (const { run } of Object.values(runs)) run(2);
  for (let round = 0; round < rounds; round++)
    for (const [name, { bytes, run }] of Object.entries(runs)) rates[name].push((bytes * steps) / run(steps));
  for (const { free } of Object.values(runs)) free();
  const shares = rates.step.map((rate, i) => rate / Math.max(rates.triad[i], rates.in_place[i]));
  return {
    parameters,
    bytes_per_s: Math.round(median(rates.step)),
    triad_bytes_per_s: Math.round(median(rates.triad)),
    in_place_triad_bytes_per_s: Math.round(median(rates.in_place)),
    share: round2(median(shares)),
    share_spread: [Math.min(...shares), Math.max(...shares)].map(round2),
    step_us: Math.round((runs.step.bytes / median(rates.step)) * 1e6),
    ...picked(info()),
  };
}

const round2 = (x) => Math.round(x * 100) / 100;
const picked = ({ threads, isa }) => ({ threads, isa });

function step(optimizer, elements) {
  const segments = [elements];
  const graph = traceUpdate('float32', { optimizer, elements, segments });
  return bound(graph, [0, ...optimizer.state.map((_, i) => 2 + i)]);
}

function triad(elements, inPlace) {
  const trace = new Trace({ training: true });
  const graph = withTrace(trace, () => {
    const [b, c] = [0, 1].map((index) => trace.input({ dtype: 'float32', shape: [elements] }, { kind: 'argument', index }));
    return trace.finish([add(b, mul(c, 3))]);
  });
  return bound(graph, inPlace ? [0] : [undefined]);
}

/** A graph over memory of its own, output i over the input that `over` names for it: what it reads and writes, and a function to time it. */
function bound(graph, over) {
  const slots = new SlotTable();
  const buffers = [];
  const place = ({ type }) => {
    const bytes = width * (type.shape[0] ?? 1);
    const buffer = SharedBuffer.allocate(bytes);
    buffers.push(buffer);
    buffer.native.write(new Float32Array(bytes / width).fill(0.01), 0);
    return slots.inBuffer(buffer, 0, bytes, true);
  };
  const inputs = graph.inputs.map(place);
  const outputs = graph.outputs.map((value, i) => inputs[over[i] ?? -1] ?? place(value));
  const binding = new Program([{ graph, inputs, outputs }], slots).bind(new Map());
  const sizes = [...graph.inputs, ...graph.outputs].map(({ type }) => width * (type.shape[0] ?? 1));
  return {
    bytes: sizes.reduce((sum, size) => sum + size, 0),
    run(times) {
      const start = performance.now();
      for (let i = 0; i < times; i++) binding.run(0);
      return (performance.now() - start) / 1000;
    },
    free() {
      binding.dispose();
      for (const { native } of buffers) native.dispose();
    },
  };
}
