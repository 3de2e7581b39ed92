import { dtypes } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { LoopStanding, NativeLoop } from '../runtime/addon.js';
import { SharedBuffer } from '../runtime/storage.js';
import type { Engine } from './engine.js';
import type { Copies } from './evaluate.js';

export type WeightsChoice = 'current' | 'average';

export interface StateOptions {
  /** 'average': the mean of weights that `optim.average` keeps, in place of the weights. Default 'current'. */
  readonly weights?: WeightsChoice;
}

/** Copies of what a fit writes, as it is between two steps; the parameters that train are averages where asked for. */
export async function takeCopies(
  where: string,
  engine: Engine,
  averaged: boolean,
  loop: NativeLoop | undefined,
  step: number,
): Promise<{ copies: Copies; step: number; dispose(): void }> {
  const average = averaged ? averageOf(where, engine) : undefined;
  const sources = [...engine.written(), ...(average ? [average] : [])];
  const { flat, ranges } = engine.memory;
  const { copies, standing, dispose } = await copyBetweenSteps(sources, loop);
  const now = step + (standing?.steps ?? 0);
  const [from, to] = [average && copies.get(average), copies.get(flat.parameters)];
  const width = dtypes[flat.dtype].bytes;
  for (const { optimizer, birth, begin, elements } of from && to ? ranges : []) {
    if (optimizer.average === undefined || birth >= now) continue;
    to?.native.copyFrom((from ?? flat.parameters).native, begin * width, begin * width, elements * width);
  }
  return {
    copies,
    step: now,
    dispose,
  };
}

/** Copies of buffers, as they are between two steps of the loop that runs, if one does, and how far it was. */
export async function copyBetweenSteps(
  sources: readonly SharedBuffer[],
  loop: NativeLoop | undefined,
): Promise<{ copies: Copies; standing: LoopStanding | undefined; dispose: () => void }> {
  const copies = new Map(sources.map((source) => [source, SharedBuffer.allocate(source.native.byteLength)]));
  const pairs = [...copies].map(([source, target]) => ({
    source: source.native,
    target: target.native,
    bytes: source.native.byteLength,
  }));
  // Without a loop at once: one may start as soon as this function waits.
  const standing = loop && (await loop.snapshot(pairs));
  if (!loop) for (const { source, target, bytes } of pairs) target.copyFrom(source, 0, 0, bytes);
  return {
    copies,
    standing,
    dispose() {
      for (const copy of copies.values()) copy.native.dispose();
    },
  };
}

function averageOf(where: string, engine: Engine): SharedBuffer {
  const { optimizer } = engine.parts;
  const name = optimizer?.average ?? optimizer?.groups?.find((group) => group.optimizer.average)?.optimizer.average;
  const buffer = name === undefined ? undefined : engine.memory.state.get(name);
  if (buffer) return buffer;
  throw new RavineError(
    'option',
    where,
    "expected a model whose optimizer keeps an average, got weights: 'average' without one",
    {
      help: 'optimizer: optim.average(optim.adam(), { decay: 0.999 })',
    },
  );
}
