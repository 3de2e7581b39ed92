import { tensor, type Tensor } from '../../lib/index.js';
import type { Optimizer } from '../../lib/optim/index.js';

/** The velocity after steps with given gradients of one float64 parameter. */
export function velocityAfter(optimizer: Optimizer, gradients: readonly number[]): number {
  const of = (values: number[]) => tensor(Float64Array.from(values));
  let [parameters, velocity]: Tensor[] = [of([0]), of([0])];
  gradients.forEach((gradient, step) => {
    const [rate = NaN] = optimizer.scalarsAt({ step, epoch: 0, stepsPerEpoch: gradients.length });
    const scalars = { learningRate: of([rate]).reshape([]) };
    const next = optimizer.update({
      parameters: parameters!,
      gradients: of([gradient]),
      state: { velocity: velocity! },
      scalars,
      segments: [1],
    });
    [parameters, velocity] = [next.parameters, next.state['velocity']!];
  });
  return velocity!.data()[0]!;
}
