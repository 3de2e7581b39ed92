import { Buffer } from './buffer.js';
import { Module, walk, type AnyModule } from './module.js';
import { Parameter } from './parameter.js';

/** The modules of a tree, the root itself under ''. */
export function namedModules(root: AnyModule): Map<string, AnyModule> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Module ? [[path, member]] : [])));
}

/** The parameters of a tree; a tied one once. */
export function namedParameters(root: AnyModule): Map<string, Parameter> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Parameter ? [[path, member]] : [])));
}

export function namedBuffers(root: AnyModule): Map<string, Buffer> {
  return new Map([...walk(root)].flatMap(([path, member]) => (member instanceof Buffer ? [[path, member]] : [])));
}

/** Draws the parameters that have no elements yet. The same seed gives the same weights, in whatever order modules are made. */
export function initializeParameters(root: AnyModule, seed: number): void {
  for (const [path, parameter] of namedParameters(root)) if (!parameter.initialized) parameter.initialize(seed, path);
}
