import type { Tensor } from '../ir/tensor.js';
import type { AnyModule } from '../nn/module.js';
import type { Parameter } from '../nn/parameter.js';
import { RavineError, describe } from '../errors.js';
import { numberIn } from '../options.js';
import type { TensorType } from '../shape.js';

export interface StepInfo {
  /** Updates made before this one: 0 at the first. */
  readonly step: number;
  readonly epoch: number;
  /** Infinity for streams, whose length is not known. */
  readonly stepsPerEpoch: number;
  /** Updates of these parameters made before this one, where they were frozen for a time; else `step`. */
  readonly updates?: number;
  /** Logs of the model's epochs that have ended, for schedules that follow them. */
  readonly logs?: readonly Readonly<Record<string, number>>[];
}

/** A number that changes from step to step. */
export type Schedule = (step: number, info: StepInfo) => number;

/** What an update reads. Parameters, gradients and state are flat, [P] each; scalars are [] and of the parameters' dtype. */
export interface UpdateArguments {
  readonly parameters: Tensor;
  readonly gradients: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
  readonly scalars: Readonly<Record<string, Tensor>>;
  /** What `prepare` gives, flat, [P] each, with 0 in the gaps; of optimisers that have it. */
  readonly prepared?: Readonly<Record<string, Tensor>>;
  /** Elements of each parameter tensor in order, with the gap after it, where all is 0 but what the state began with. Their sum is P. */
  readonly segments: readonly number[];
}

export interface UpdateResult {
  readonly parameters: Tensor;
  readonly state: Readonly<Record<string, Tensor>>;
}

/** What a network takes for one sample, [1, …]: a tensor, or several by name. */
export type InputTypes = TensorType | ReadonlyMap<string, TensorType>;

/** What `prepare` traces. */
export interface PrepareArguments {
  readonly network: AnyModule;
  readonly input: InputTypes;
  /** Those that the optimiser updates. */
  readonly parameters: readonly Parameter[];
}

/** An optimiser of its own for some of the parameters. */
export interface OptimizerGroup {
  /** In logs: `learning_rate_<name>`. */
  readonly name: string;
  readonly optimizer: Optimizer;
}

/** An optimiser is a formula over flat tensors. It holds no state of its own, so one may serve several models. */
export interface Optimizer {
  readonly name: string;
  /** The options with their defaults, for checkpoints and messages. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Names of what is kept from step to step; each as large as the parameters. */
  readonly state: readonly string[];
  /** What the state's elements are before the first step, where not 0. */
  readonly initialState?: Readonly<Record<string, number>>;
  /** Names of the numbers that change each step, 'learningRate' first. */
  readonly scalars: readonly string[];
  /** Whether the scalars are the same at every step. */
  readonly constantScalars?: boolean;
  /** The scalars of a step, in double. */
  scalarsAt(info: StepInfo): readonly number[];
  /** The update, in ops. */
  update(inputs: UpdateArguments): UpdateResult;
  /**
   * What an update needs beside the gradient, worked out from the network at the parameters proper before every update, natively as all of a step: under each
   * name of `prepared` a tensor for each parameter, in order and of its shape. Called while a step is traced; throws where the network does not fit.
   */
  prepare?(inputs: PrepareArguments): Readonly<Record<string, readonly Tensor[]>>;
  readonly prepared?: readonly string[];
  /** Where the gradient is taken, if not at the parameters proper. */
  evaluateAt?(parameters: Tensor, state: Readonly<Record<string, Tensor>>): Tensor;
  /** Optimisers that stand in place of `update`, each for its part of the parameters. */
  readonly groups?: readonly OptimizerGroup[];
  /** The number of the group that a parameter of the network is in, by its name and itself. */
  groupsIn?(network: AnyModule): (name: string, parameter: Parameter) => number;
  /** With groups: what is done to all gradients of the step before. */
  changeGradients?(gradients: Tensor): Tensor;
  /** Which state is an average of the parameters. */
  readonly average?: string;
}

/** A learning rate: a number ≥ 0, or a schedule. */
export function checkLearningRate(where: string, value: unknown): number | Schedule {
  if (typeof value === 'function') return value as Schedule;
  if (typeof value !== 'number')
    throw new RavineError(
      'option',
      where,
      `expected learningRate to be a number or a function of the step, got ${describe(value)}`,
    );
  return numberIn(where, 'learningRate', value, 0);
}

export function learningRateAt(learningRate: number | Schedule, info: StepInfo): number {
  return typeof learningRate === 'number' ? learningRate : learningRate(info.step, info);
}

/** t = 1 at the first update of these parameters. */
export function updateNumber(info: StepInfo): number {
  return (info.updates ?? info.step) + 1;
}

export function checkOptimizer(where: string, optimizer: unknown, help: string): void {
  const given = optimizer as Partial<Optimizer> | null | undefined;
  if (typeof given === 'object' && typeof given?.update === 'function') return;
  throw new RavineError('option', where, `expected an optimizer, got ${describe(optimizer)}`, { help });
}

/** A tensor of a record that the framework fills. */
export function named(where: string, record: Readonly<Record<string, Tensor>>, name: string): Tensor {
  const tensor = record[name];
  if (tensor === undefined) throw new RavineError('internal', where, `internal: '${name}' is missing`);
  return tensor;
}
