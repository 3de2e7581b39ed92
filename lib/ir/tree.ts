import { RavineError, describe } from '../errors.js';
import { Tensor } from './tensor.js';

/** Tensors in any nesting of arrays and plain objects. */
export type Tree = Tensor | readonly Tree[] | { readonly [name: string]: Tree };

/** The tensors of a tree in order, and a key that tells trees of one structure. */
export function flatten(where: string, tree: unknown): { leaves: Tensor[]; structure: string } {
  const leaves: Tensor[] = [];
  const structure = walk(where, tree, leaves);
  return { leaves, structure };
}

function walk(where: string, tree: unknown, leaves: Tensor[]): string {
  if (tree instanceof Tensor) {
    leaves.push(tree);
    return '*';
  }
  if (Array.isArray(tree)) return `[${tree.map((child) => walk(where, child, leaves)).join(',')}]`;
  if (
    typeof tree === 'object' &&
    tree !== null &&
    (Object.getPrototypeOf(tree) === Object.prototype || Object.getPrototypeOf(tree) === null)
  )
    return `{${Object.entries(tree)
      .map(([name, child]) => `${JSON.stringify(name)}:${walk(where, child, leaves)}`)
      .join(',')}}`;
  throw new RavineError('trace', where, `expected tensors in arrays and objects, got ${describe(tree)}`, {
    help: 'numbers are constants of a trace: capture them, or pass scalar(x)',
  });
}

/** The same tree with its tensors replaced, in order. */
export function rebuild<T>(tree: T, leaves: readonly Tensor[]): T {
  let next = 0;
  const copy = (node: unknown): unknown => {
    if (node instanceof Tensor) return leaves[next++];
    if (Array.isArray(node)) return node.map(copy);
    return Object.fromEntries(Object.entries(node as object).map(([name, child]) => [name, copy(child)]));
  };
  return copy(tree) as T;
}
