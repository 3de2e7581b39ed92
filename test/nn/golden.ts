import { expect } from 'vitest';
import { tensor, transpose, type nn, type Tensor } from '../../lib/index.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import { backward } from '../../lib/passes/differentiate.js';
import { interpret } from '../../lib/runtime/interpret.js';
import type { Float } from '../golden/expect.js';

/** A tensor of the i-th numbers in row-major order. */
export function numbers(shape: readonly number[], of: (i: number) => number, dtype: Float = 'float64'): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return tensor(
    Float64Array.from({ length: size }, (_, i) => of(i)),
    { shape, dtype },
  );
}

/** A tensor that is counted in PyTorch's order (channels first), channels last. */
export function counted(shape: readonly number[], of: (i: number) => number, dtype?: Float): Tensor {
  return toLast(numbers(shape, of, dtype));
}

/** What PyTorch's scripts take as x, and as the gradient that comes from above: float32 holds both as they are. */
export const xOf = (i: number): number => ((7919 * i) % 101) / 16 - 3;
export const slopeOf = (i: number): number => 1 + (i % 5) / 4;
export const goldenX = (shape: readonly number[], dtype?: Float): Tensor => counted(shape, xOf, dtype);
export const goldenSlope = (shape: readonly number[], dtype?: Float): Tensor => counted(shape, slopeOf, dtype);

const toLastAxes: Readonly<Record<number, readonly number[]>> = { 3: [0, 2, 1], 4: [0, 2, 3, 1] };
const toFirstAxes: Readonly<Record<number, readonly number[]>> = { 3: [0, 2, 1], 4: [0, 3, 1, 2] };

export function toLast(x: Tensor): Tensor {
  const axes = toLastAxes[x.rank];
  return axes ? transpose(x, axes) : x;
}

export function toFirst(x: Tensor): Tensor {
  const axes = toFirstAxes[x.rank];
  return axes ? transpose(x, axes) : x;
}

export function expectClose(got: Tensor | undefined, want: readonly number[] | null, tolerance = 1e-12): void {
  const values = got?.data() ?? [];
  expect(values.length).toBe(want?.length ?? 0);
  want?.forEach((value, i) =>
    expect(Math.abs((values[i] ?? NaN) - value)).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(value))),
  );
}

/** Gradients of Σ y·slope for tensors that a layer uses. */
export function parameterGradients(layer: nn.Module, x: Tensor, slope: Tensor, parameters: readonly Tensor[]): Tensor[] {
  const trace = new Trace();
  const graph = withTrace(trace, () => {
    const [input, dy] = [x, slope].map((value, index) => trace.input(value, { kind: 'argument', index }));
    return trace.finish(input && dy ? backward([layer.forward(input)], [dy], parameters) : []);
  });
  return interpret(graph, [x, slope]);
}
