import { RavineError, describe } from '../errors.js';
import type { Engine } from './engine.js';
import type { Position } from './position.js';
import type { StepInfo } from '../optim/optimizer.js';
import type { UpdateRange } from './layout.js';

export interface Scalars {
  /** steps × scalars; one row where no step differs from another. */
  readonly table: Float64Array;
  /** Of the first group. */
  readonly learningRateAt: (step: number) => number;
  /** By the names of logs: `learning_rate`, and `learning_rate_<name>` for the groups. */
  readonly learningRatesAt: (step: number) => Readonly<Record<string, number>>;
  /** The same for many steps, as columns. */
  readonly learningRatesOf: (firstStep: number, steps: number) => Readonly<Record<string, readonly number[]>>;
}

/** What the optimisers' scalars are in the steps to come, checked. An epoch of a stream has Infinity steps; `done` are over. */
export function scalarTable(
  engine: Engine,
  position: Position,
  { stepsPerEpoch, steps, done }: { readonly stepsPerEpoch: number; readonly steps: number; readonly done: number },
): Scalars {
  const { ranges, control } = engine.memory;
  if (!engine.parts.optimizer)
    throw new RavineError('option', 'fit', 'expected a model with an optimizer', {
      help: 'new Model(network, { loss, optimizer: optim.adam() })',
    });
  const width = control.scalarCount;
  const rows = ranges.every(({ optimizer }) => optimizer.constantScalars) ? 1 : steps;
  const table = new Float64Array(rows * width);
  const first = position.step;
  const epochAt = (i: number): number => position.epoch + Math.floor((done + i) / stepsPerEpoch);
  for (let i = 0; i < rows; i++) {
    const info = { step: first + i, epoch: epochAt(i), stepsPerEpoch, logs: position.logs };
    for (const range of ranges) writeScalars(table, i * width + range.firstScalar, range, info);
  }
  const at = (step: number, column: number): number =>
    table[Math.min(rows - 1, Math.max(0, step - first)) * width + column] ?? NaN;
  const groups = ranges.filter(({ group }, i) => ranges.findIndex((range) => range.group === group) === i);
  const columns: readonly (readonly [string, number])[] = [
    ['learning_rate', 0],
    ...groups.flatMap(({ group, firstScalar }) =>
      group === undefined ? [] : [[`learning_rate_${group}`, firstScalar] as const],
    ),
  ];
  const columnOf = (firstStep: number, count: number, column: number): number[] =>
    rows === 1
      ? new Array<number>(count).fill(at(firstStep, column))
      : Array.from({ length: count }, (_, i) => at(firstStep + i, column));
  return {
    table,
    learningRateAt: (step) => at(step, 0),
    learningRatesAt: (step) => Object.fromEntries(columns.map(([name, column]) => [name, at(step, column)])),
    learningRatesOf: (firstStep, count) =>
      Object.fromEntries(columns.map(([name, column]) => [name, columnOf(firstStep, count, column)])),
  };
}

/** Whether a schedule reads logs: then each epoch's scalars are worked out after the one before. */
export function followsLogs(engine: Engine, { step, epoch, logs }: Position): boolean {
  let follows = false;
  const info: StepInfo = {
    step,
    epoch,
    stepsPerEpoch: 1,
    get logs() {
      follows = true;
      return logs;
    },
  };
  for (const { optimizer } of engine.memory.ranges) optimizer.scalarsAt(info);
  return follows;
}

function writeScalars(table: Float64Array, offset: number, { optimizer, birth }: UpdateRange, info: StepInfo): void {
  const values = optimizer.scalarsAt({ ...info, updates: info.step - birth });
  optimizer.scalars.forEach((name, j) => (table[offset + j] = checkScalar(optimizer.name, name, values[j], info.step)));
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
