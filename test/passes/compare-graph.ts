import { checkGradients, grad, jit, tidy, valueAndGrad } from '../../lib/index.js';
import * as ops from '../../lib/ops/index.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { randomGraph, type FloatType, type RandomGraph } from './random-graph.js';

/** Of the largest element, in float64 and float32: 16 steps of up to 2,000 terms, some of them differences. */
const tolerance: { readonly [T in FloatType]: number } = { float64: 1e-10, float32: 2e-3 };

/**
 * Compiles a graph from a seed and compares with what its ops give one by one: its outputs, and in float64 its gradients with differences along
 * random directions, of every third graph its second derivatives too. Empty where all is equal, else what is not and the graph.
 */
export async function compareRandomGraph(seed: number, dtype: FloatType, steps: number): Promise<string> {
  const graph = tidy(() => randomGraph(seed, dtype, steps));
  const complaint = (what: string): string => `seed ${seed}: ${what}\n${graph.text}`;
  try {
    const expected = tidy(() => graph.run(graph.inputs));
    const got = await jit((...inputs: Tensor[]) => graph.run(inputs))(...graph.inputs);
    for (const [i, x] of got.entries()) {
      const error = distance(x.data(), expected[i]!.data());
      if (!(error <= tolerance[dtype])) return complaint(`output ${i} differs by ${error}`);
    }
    const difference = dtype === 'float64' ? await compareGradients(graph, seed % 3 === 0) : '';
    return difference && complaint(difference);
  } catch (error) {
    return complaint(`threw ${String(error)}`);
  }
}

/** The gradients, then with `twice` the gradients of a number that is made of the gradients. */
async function compareGradients(graph: RandomGraph, twice: boolean): Promise<string> {
  const lossOf = (...inputs: Tensor[]): Tensor => graph.run(inputs).at(-1)!;
  const [loss] = await jit(valueAndGrad((inputs: Tensor[]) => lossOf(...inputs)))(graph.inputs);
  const value = lossOf(...graph.inputs).item();
  if (!(Math.abs(loss.item() - value) <= tolerance.float64 * Math.max(1, Math.abs(value))))
    return `the loss beside its gradient is ${loss.item()}, alone ${value}`;
  const slopeOf = (...inputs: Tensor[]): Tensor =>
    grad((point: Tensor[]) => lossOf(...point))(inputs)
      .map((g) => ops.sum(ops.sin(g)))
      .reduce((a, b) => ops.add(a, b));
  return differences(lossOf, graph.inputs) ?? (twice ? differences(slopeOf, graph.inputs) : undefined) ?? '';
}

/** What `checkGradients` says of every one of four directions: a kink of a relu or a maximum between two points spoils one, hardly four. */
function differences(f: (...args: Tensor[]) => Tensor, inputs: readonly Tensor[]): string | undefined {
  let complaint: string | undefined;
  for (let seed = 0; seed < 4; seed++) {
    try {
      checkGradients(f, inputs, { tolerance: 1e-5, seed: 100 * seed });
      return undefined;
    } catch (error) {
      complaint = String(error);
    }
  }
  return complaint;
}

/** The largest difference, relative to the largest element or 1. NaN where something is no number. */
function distance(got: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (got.length !== expected.length) return NaN;
  let [most, size] = [0, 1];
  for (let i = 0; i < got.length; i++) {
    const error = Math.abs(got[i]! - expected[i]!);
    if (!(error <= Infinity)) return NaN;
    [most, size] = [Math.max(most, error), Math.max(size, Math.abs(expected[i]!))];
  }
  return most / size;
}
