import { RavineError, internal } from '../errors.js';
import { formatType, type TensorType } from '../shape.js';
import type { Storage } from './evaluator.js';
import { makeNode, type Effect, type Graph, type Node, type Value } from './graph.js';
import { defineOp, type Op } from './op.js';
import { Tensor } from './tensor.js';

/** What an input of a graph stands for. */
export type InputRole =
  /** An argument of the traced function, by position. */
  | { readonly kind: 'argument'; readonly index: number }
  /** A concrete tensor that the function used: an input by reference. */
  | { readonly kind: 'captured'; readonly tensor: Tensor }
  /** The random words of the step: int32[6]. */
  | { readonly kind: 'random' };

export interface InputAttributes extends TensorType {
  readonly role: InputRole;
}

/** A graph's inputs are nodes of this op. */
export const inputOp: Op<InputAttributes> = defineOp<InputAttributes>({
  name: 'input',
  infer: (_, { dtype, shape }) => [{ dtype, shape }],
  gradient: 'zero',
  implementation: { kind: 'input' },
  pure: false,
});

export interface TraceOptions {
  /** Training or evaluation, a static flag of the trace. */
  readonly training?: boolean;
}

/** Records the calls of ops while a function runs on symbolic tensors. */
export class Trace {
  readonly training: boolean;
  readonly #nodes: Node[] = [];
  readonly #inputs: Value[] = [];
  readonly #captured = new Map<Storage, Value>();
  #substitutes: ReadonlyMap<Tensor, Tensor> = new Map();
  readonly #effects = new Map<Tensor, Value>();
  readonly #scopes: string[] = [];
  #random: Tensor | undefined;
  readonly #calls = new Map<string, number>();

  constructor(options: TraceOptions = {}) {
    this.training = options.training ?? false;
  }

  input(type: TensorType, role: InputRole): Tensor {
    const value = this.#record(inputOp, [], { dtype: type.dtype, shape: type.shape, role })[0];
    internal(value !== undefined, 'an input without a value');
    this.#inputs.push(value);
    return new Tensor(value.type, { value });
  }

  /** The same input in a graph that is built anew. */
  repeatInput(node: Node): readonly Tensor[] {
    const outputs = this.#record(node.op, [], node.attributes);
    this.#inputs.push(...outputs);
    return outputs.map((value) => this.tensorOf(value));
  }

  /** The value of a symbolic tensor; a concrete one becomes an input. */
  valueOf(tensor: Tensor): Value {
    const substitute = this.#substitutes.get(tensor);
    if (substitute) return this.valueOf(substitute);
    const assigned = this.#effects.get(tensor);
    if (assigned) return assigned;
    if (tensor.value) {
      if (this.#nodes[tensor.value.node.id] !== tensor.value.node)
        throw new RavineError('trace', 'trace', `${formatType(tensor)} belongs to a function that was traced before`, {
          help: 'return values from the traced function instead of keeping them',
        });
      return tensor.value;
    }
    const known = this.#captured.get(tensor.storage);
    if (known) return known;
    const value = this.input(tensor, { kind: 'captured', tensor }).value;
    internal(value !== undefined, 'a captured tensor without a value');
    this.#captured.set(tensor.storage, value);
    return value;
  }

  call(op: Op, inputs: readonly Tensor[], attributes: unknown): readonly Tensor[] {
    const values = inputs.map((tensor) => this.valueOf(tensor));
    return this.#record(op, values, attributes).map((value) => new Tensor(value.type, { value }));
  }

  /** A tensor for a value of this graph. */
  tensorOf(value: Value): Tensor {
    return new Tensor(value.type, { value });
  }

  /** Runs `fn` with other tensors in place of some: a network as a function of its parameters. */
  substitute<T>(substitutes: ReadonlyMap<Tensor, Tensor>, fn: () => T): T {
    const outer = this.#substitutes;
    this.#substitutes = substitutes;
    try {
      return fn();
    } finally {
      this.#substitutes = outer;
    }
  }

  /** Records that a buffer is assigned to at the end of a run; later uses in this trace read the new value. */
  assign(target: Tensor, source: Tensor): void {
    this.#effects.set(target, this.valueOf(source));
  }

  /** The random words of the step. */
  random(): Tensor {
    this.#random ??= this.input({ dtype: 'int32', shape: [6] }, { kind: 'random' });
    return this.#random;
  }

  /** A number for this call of a random op that is the same in every trace: the module's path and a count of calls in it. */
  streamName(kind: string): string {
    const path = `${this.scope}/${kind}`;
    const count = this.#calls.get(path) ?? 0;
    this.#calls.set(path, count + 1);
    return `${path}#${count}`;
  }

  get scope(): string {
    return this.#scopes.at(-1) ?? '';
  }

  inScope<T>(scope: string, fn: () => T): T {
    this.#scopes.push(scope);
    try {
      return fn();
    } finally {
      this.#scopes.pop();
    }
  }

  /** Runs `fn`; what it assigns to buffers does not happen, and is not seen after it. */
  withoutEffects<T>(fn: () => T): T {
    const before = [...this.#effects];
    try {
      return fn();
    } finally {
      this.#effects.clear();
      for (const [target, value] of before) this.#effects.set(target, value);
    }
  }

  /** What was assigned to buffers does not happen. */
  dropEffects(): void {
    this.#effects.clear();
  }

  get effects(): readonly Effect[] {
    return [...this.#effects].map(([target, value]) => ({ target, value }));
  }

  finish(outputs: readonly Tensor[]): Graph {
    return { nodes: this.#nodes, inputs: this.#inputs, outputs: outputs.map((tensor) => this.valueOf(tensor)) };
  }

  #record(op: Op, inputs: readonly Value[], attributes: unknown): readonly Value[] {
    const node = makeNode(this.#nodes.length, op, inputs, attributes, this.scope);
    this.#nodes.push(node);
    return node.outputs;
  }
}

let active: Trace | undefined;

/** The trace that ops are recorded in, if a function is being traced. */
export function currentTrace(): Trace | undefined {
  return active;
}

/** Runs `fn` with ops recorded in `trace`. */
export function withTrace<T>(trace: Trace, fn: () => T): T {
  const outer = active;
  active = trace;
  try {
    return fn();
  } finally {
    active = outer;
  }
}

/** Runs `fn` outside of any trace: ops on concrete tensors run at once. */
export function withoutTrace<T>(fn: () => T): T {
  const outer = active;
  active = undefined;
  try {
    return fn();
  } finally {
    active = outer;
  }
}
