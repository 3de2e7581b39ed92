import { internal } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import type { Graph, Value } from '../ir/graph.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { inputOp, withoutTrace, type InputAttributes } from '../ir/trace.js';

/** Runs a graph op by op on concrete arguments. */
export function interpret(graph: Graph, args: readonly Tensor[]): Tensor[] {
  return withoutTrace(() =>
    tidy(() => {
      const values = new Map<Value, Tensor>();
      const tensorOf = (value: Value): Tensor => {
        const tensor = values.get(value);
        internal(tensor !== undefined, `${value.node.op.name} was not run`);
        return tensor;
      };
      for (const node of graph.nodes) {
        const outputs =
          node.op.name === inputOp.name
            ? [inputTensor(node.attributes as InputAttributes, args)]
            : evaluator().apply(node.op, node.inputs.map(tensorOf), node.attributes);
        node.outputs.forEach((value, i) => outputs[i] && values.set(value, outputs[i]));
      }
      return graph.outputs.map(tensorOf);
    }),
  );
}

function inputTensor({ role }: InputAttributes, args: readonly Tensor[]): Tensor {
  const tensor = role.kind === 'argument' ? args[role.index] : role.kind === 'captured' ? role.tensor : undefined;
  internal(tensor !== undefined, `no ${role.kind} to interpret`);
  return tensor;
}
