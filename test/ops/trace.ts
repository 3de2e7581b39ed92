import type { DType } from '../../lib/dtype.js';
import { printGraph } from '../../lib/ir/print.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import { verifyGraph } from '../../lib/ir/verify.js';
import type { Shape } from '../../lib/shape.js';

/** `float32[2,3]` → its parts. */
export function parseType(text: string): { dtype: DType; shape: Shape } {
  const [, dtype = '', lengths = ''] = /^(\w+)\[([\d,]*)\]$/.exec(text) ?? [];
  return { dtype: dtype as DType, shape: lengths === '' ? [] : lengths.split(',').map(Number) };
}

/** Traces a function of symbolic tensors of the given types. */
export function traced(types: readonly string[], fn: (...inputs: Tensor[]) => Tensor | readonly Tensor[], training = false) {
  const trace = new Trace({ training });
  return withTrace(trace, () => {
    const inputs = types.map((type, index) => trace.input(parseType(type), { kind: 'argument', index }));
    const outputs = [fn(...inputs)].flat();
    const graph = trace.finish(outputs);
    verifyGraph(graph, 'trace');
    return { outputs, graph, text: printGraph(graph) };
  });
}
