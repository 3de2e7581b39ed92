import { disposing } from './disposal.js';
import type { Tensor } from './tensor.js';

const scopes: Set<Tensor>[] = [];

/** Called for each concrete tensor that is made. */
export function keepInScope(tensor: Tensor): void {
  scopes.at(-1)?.add(tensor);
}

/**
 * Runs `fn` and frees the tensors that were made in it, except those that it returns (also in nested arrays, objects and maps).
 * Finalizers do not run inside a synchronous loop: without this, a loop over large tensors holds them all.
 */
export function tidy<T>(fn: () => T): T {
  const made = new Set<Tensor>();
  scopes.push(made);
  let result: T;
  try {
    result = fn();
  } catch (error) {
    scopes.pop();
    disposeAll(made);
    throw error;
  }
  scopes.pop();
  const kept = new Set<unknown>();
  collect(result, kept);
  for (const tensor of made) {
    if (!kept.has(tensor)) continue;
    keepInScope(tensor);
    made.delete(tensor);
  }
  disposeAll(made);
  return result;
}

function disposeAll(tensors: ReadonlySet<Tensor>): void {
  if (tensors.size === 0) return;
  disposing('tidy()', () => {
    for (const tensor of tensors) tensor.dispose();
  });
}

function collect(value: unknown, into: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || into.has(value)) return;
  into.add(value);
  if (ArrayBuffer.isView(value)) return;
  const children: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
  for (const child of children) collect(child, into);
}
