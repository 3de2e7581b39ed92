import { expect } from 'vitest';
import { tensor, transpose, type nn, type Tensor } from '../../lib/index.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import { backward } from '../../lib/passes/differentiate.js';
import { interpret } from '../../lib/runtime/interpret.js';

/** A float64 tensor that is counted in PyTorch's order (channels first), channels last. */
export function counted(shape: readonly number[], of: (i: number) => number): Tensor {
  const size = shape.reduce((product, length) => product * length, 1);
  return toLast(
    tensor(
      Float64Array.from({ length: size }, (_, i) => of(i)),
      { shape },
    ),
  );
}

/** What PyTorch's scripts take as x, and as the gradient that comes from above. */
export const goldenX = (shape: readonly number[]): Tensor => counted(shape, (i) => ((7919 * i) % 101) / 16 - 3);
export const goldenSlope = (shape: readonly number[]): Tensor => counted(shape, (i) => 1 + (i % 5) / 4);

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

/** Gradients of Σ y·slope for parameters of a layer. */
export function parameterGradients(layer: nn.Module, x: Tensor, slope: Tensor, parameters: readonly Tensor[]): Tensor[] {
  const trace = new Trace();
  const graph = withTrace(trace, () => {
    const [input, dy] = [x, slope].map((value, index) => trace.input(value, { kind: 'argument', index }));
    return trace.finish(input && dy ? backward([layer.forward(input)], [dy], parameters) : []);
  });
  return interpret(graph, [x, slope]);
}
