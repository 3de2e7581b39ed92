import type { Graph } from '../../lib/ir/graph.js';
import { printGraph } from '../../lib/ir/print.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import type { Shape, TensorType } from '../../lib/shape.js';

export const float32 = (...shape: Shape): TensorType => ({ dtype: 'float32', shape });
export const int32 = (...shape: Shape): TensorType => ({ dtype: 'int32', shape });

/** The graph of a function of tensors. */
export function traced(types: readonly TensorType[], f: (...args: Tensor[]) => Tensor | readonly Tensor[]): Graph {
  const trace = new Trace({ training: true });
  return withTrace(trace, () => {
    const result = f(...types.map((type, index) => trace.input(type, { kind: 'argument', index })));
    return trace.finish(Array.isArray(result) ? result : [result as Tensor]);
  });
}

/** What is left of a graph: a line a node, inputs left out. */
export function lines(graph: Graph): string[] {
  return printGraph(graph)
    .split('\n')
    .filter((line) => !line.includes('= input'));
}
