import type { Node } from '../ir/graph.js';
import { Tensor } from '../ir/tensor.js';
import { sizeOf, type Shape } from '../shape.js';
import { Module, type AnyModule } from './module.js';
import { namedModules } from './naming.js';
import { Parameter } from './parameter.js';
import { traceShapes, type InputType } from './shape-trace.js';

/** A line of a summary. */
export interface LayerRow {
  readonly path: string;
  /** `linear(784, 512)` */
  readonly layer: string;
  /** Of the first call, where the input is known and the output is one tensor. */
  readonly outputShape: Shape | undefined;
  /** Elements of the module's own parameters; a tied one counts where it comes first. */
  readonly parameters: number;
  readonly trainable: number;
  /** Of its own forward pass, in all of its calls, where the input is known; see `countFlops`. */
  readonly flops: number | undefined;
}

/** The modules of a tree that hold no others, and those that hold parameters of their own. With inputs, also what each gives. */
export function describeLayers(root: AnyModule, inputs?: readonly InputType[]): LayerRow[] {
  const traced = inputs && traceLayers(root, inputs);
  const counted = new Set<Parameter>();
  return [...namedModules(root)].flatMap(([path, module]) => {
    const members = [...module.members()].map(([, member]) => member);
    const own = members.filter((member) => member instanceof Parameter && !counted.has(member) && counted.add(member));
    if (own.length === 0 && members.some((member) => member instanceof Module)) return [];
    const count = (parameters: readonly Parameter[]): number => parameters.reduce((sum, { size }) => sum + size, 0);
    const parameters = own.filter((member) => member instanceof Parameter);
    return [
      {
        path,
        layer: module.toString(),
        outputShape: traced?.shapes.get(module),
        parameters: count(parameters),
        trainable: count(parameters.filter(({ trainable }) => trainable)),
        flops: traced && (traced.flops.get(path) ?? 0),
      },
    ];
  });
}

/**
 * Floating-point operations of one forward pass: 2·m·k·n of a matrix product [m,k]·[k,n], as many for each output of a convolution as its kernel has
 * weights that reach it, times 2, and one an element of what is worked out elementwise. Reductions, pooling and movement of data are not counted.
 */
export function countFlops(root: AnyModule, inputs: readonly InputType[]): number {
  return [...traceLayers(root, inputs).flops.values()].reduce((sum, flops) => sum + flops, 0);
}

/** What each module gives at its first call, and FLOPs by the path of the module that asks for them. */
function traceLayers(
  root: AnyModule,
  inputs: readonly InputType[],
): { readonly shapes: ReadonlyMap<AnyModule, Shape>; readonly flops: ReadonlyMap<string, number> } {
  const shapes = new Map<AnyModule, Shape>();
  const observe = (_: string, module: AnyModule, output: unknown): void => {
    if (output instanceof Tensor && !shapes.has(module)) shapes.set(module, output.shape);
  };
  const { trace } = traceShapes(root, inputs, observe);
  const flops = new Map<string, number>();
  for (const node of trace.finish([]).nodes) flops.set(node.scope, (flops.get(node.scope) ?? 0) + flopsOf(node));
  return { shapes, flops };
}

function flopsOf({ op, inputs: [a, b], outputs: [out] }: Node): number {
  if (!out) return 0;
  const size = sizeOf(out.type.shape);
  if (op.name === 'matmul' && size > 0) {
    const [rows = 1, columns = 1] = a?.type.shape.slice(-2) ?? [];
    return (2 * size * rows * columns) / (out.type.shape.at(-2) ?? 1);
  }
  if (op.name === 'conv2d') return (2 * size * sizeOf(b?.type.shape ?? [])) / (out.type.shape.at(-1) ?? 1);
  return op.implementation.kind === 'elementwise' ? size : 0;
}
