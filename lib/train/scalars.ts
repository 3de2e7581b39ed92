import { RavineError, describe } from '../errors.js';
import type { Engine } from './engine.js';
import type { Position } from './fit.js';

export interface Scalars {
  /** steps × scalars; one row where no step differs from another. */
  readonly table: Float64Array;
  readonly learningRateAt: (step: number) => number;
}

/** What the optimiser's scalars are in the steps to come, checked. An epoch of a stream has Infinity steps. */
export function scalarTable(engine: Engine, position: Position, stepsPerEpoch: number, steps: number): Scalars {
  const { optimizer } = engine.parts;
  if (!optimizer)
    throw new RavineError('option', 'fit', 'expected a model with an optimizer', {
      help: 'new Model(network, { loss, optimizer: optim.adam() })',
    });
  const width = optimizer.scalars.length;
  const rows = optimizer.constantScalars ? 1 : steps;
  const table = new Float64Array(rows * width);
  const first = position.step;
  const epochAt = (i: number): number => position.epoch + Math.floor((position.batch + i) / stepsPerEpoch);
  for (let i = 0; i < rows; i++) {
    const step = first + i;
    const values = optimizer.scalarsAt({ step, epoch: epochAt(i), stepsPerEpoch });
    for (let j = 0; j < width; j++)
      table[i * width + j] = checkScalar(optimizer.name, optimizer.scalars[j] ?? '', values[j], step);
  }
  return { table, learningRateAt: (step) => table[Math.min(rows - 1, Math.max(0, step - first)) * width] ?? NaN };
}

function checkScalar(optimizer: string, name: string, value: unknown, step: number): number {
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value;
  throw new RavineError(
    'option',
    optimizer,
    `expected ${name} at step ${step} to be a finite number ≥ 0, got ${describe(value)}`,
    {
      help: 'a schedule is a function (step, { epoch, stepsPerEpoch }) → number',
    },
  );
}
