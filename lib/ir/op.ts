import type { TensorType } from '../shape.js';
import type { Tensor } from './tensor.js';

/** What a gradient rule sees. Tensors are symbolic; what the rule computes with them lands in the same graph. */
export interface GradientContext<A> {
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  /** ∂loss/∂output, zeros where an output does not reach the loss. */
  readonly cotangents: readonly Tensor[];
  readonly attributes: A;
  /** Inputs whose gradient is asked for; the others may be left out. */
  readonly needed: readonly boolean[];
}

/**
 * ∂loss/∂input for each input, null where there is none (integers, indices). A gradient may have the broadcast shape: the walker sums it
 * back. `'zero'`: the op is piecewise constant. `'definition'`: differentiate the definition.
 */
export type GradientRule<A> = Rule<GradientContext<A>, readonly (Tensor | null)[]> | 'zero' | 'definition';

/** A function whose parameter is compared as a method's is: a rule for attributes `A` stands in tables of any op's rules. */
type Rule<In, Out> = { of(context: In): Out }['of'];

/** One call of a native kernel: attributes in the order of `kernels.def`. */
export interface KernelCall {
  readonly kernel: string;
  readonly attributes: readonly number[];
  /** Which inputs the kernel takes, in its order; all of them unless given. */
  readonly inputs?: readonly number[];
  /** Attributes that are numbers in one of the addon's lists: looked up by name when the program is encoded. */
  readonly names?: readonly { readonly at: number; readonly list: 'elementwise' | 'reductions'; readonly name: string }[];
  /** Pairs [output, input]: that output may lie exactly over that input of the kernel. */
  readonly inPlace?: readonly (readonly [number, number])[];
}

export type Implementation<A> =
  /** An operation of the tile interpreter, fused with its neighbours. */
  | { readonly kind: 'elementwise'; readonly code: string }
  | { readonly kind: 'kernel'; lower(inputs: readonly TensorType[], outputs: readonly TensorType[], attributes: A): KernelCall }
  /** The same bytes under another shape. */
  | { readonly kind: 'view' }
  /** Has no kernel: always expanded to its definition. */
  | { readonly kind: 'definition' }
  /** Given from outside: inputs of a graph. */
  | { readonly kind: 'input' };

interface Rules<A> {
  readonly name: string;
  /** Checks the inputs and says what comes out. */
  infer(inputs: readonly TensorType[], attributes: A): readonly TensorType[];
  readonly gradient: GradientRule<A>;
  readonly implementation: Implementation<A>;
  /** Two calls with equal inputs and attributes give equal results; false for what draws random numbers anew. Default true. */
  readonly pure?: boolean;
  /** Kept although nothing uses its outputs: it checks. Default false. */
  readonly effect?: boolean;
}

type Definition<A> = { of(inputs: readonly Tensor[], attributes: A): readonly Tensor[] }['of'];

/** A plain op has a kernel and a gradient; a fused one also the plain ops that it stands for. */
export type OpSpec<A> =
  | (Rules<A> & {
      readonly gradient: Exclude<GradientRule<A>, 'definition'>;
      readonly implementation: Exclude<Implementation<A>, { kind: 'definition' }>;
    })
  | (Rules<A> & { readonly definition: Definition<A> });

export type Op<A = unknown> = Rules<A> & { readonly definition?: Definition<A> };

const registry = new Map<string, Op>();

/** Registers an op. What is missing in the record is a compile error. */
export function defineOp<A>(spec: OpSpec<A>): Op<A> {
  if (registry.has(spec.name)) throw new Error(`internal: op ${spec.name} is defined twice`);
  registry.set(spec.name, spec);
  return spec;
}

/** Every op that has been defined, for tests and passes. */
export function allOps(): readonly Op[] {
  return [...registry.values()];
}
