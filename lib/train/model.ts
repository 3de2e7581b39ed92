import { RavineError, describe } from '../errors.js';
import type { Dataset } from '../data/dataset.js';
import type { DataFields } from '../data/from.js';
import type { SparseElements } from '../data/sparse-rows.js';
import type { Elements } from '../data/elements.js';
import { StreamDataset } from '../data/stream.js';
import { describeDisposal, disposal, disposing } from '../ir/disposal.js';
import type { Tensor } from '../ir/tensor.js';
import type { Tree } from '../ir/tree.js';
import type { Loss } from '../losses/loss.js';
import type { Metric } from '../metrics/metric.js';
import { Module } from '../nn/module.js';
import type { InputShape } from '../nn/shape-trace.js';
import { checkOptimizer, type Optimizer } from '../optim/optimizer.js';
import type { Regularizer, RegularizerGroup } from '../regularizers/regularizer.js';
import { checkNames, nonNegativeInteger, oneOf, optionalFunction, positiveInteger } from '../options.js';
import { takeCopies, type StateOptions, type WeightsChoice } from './copies.js';
import { columnsOf, type Columns } from './columns.js';
import { Engine } from './engine.js';
import { checkEvaluation, evaluateOn, predictResident, type Copies } from './evaluate.js';
import { fitResident, type RunningLoop } from './fit.js';
import { fitStream } from './fit-stream.js';
import { resolveHeads, type Head, type PerOutput } from './heads.js';
import type { History, Logs } from './logs.js';
import { inspectModel, type InspectOptions, type Inspection } from './inspect.js';
import { minimizeModel, type ModelMinimizeOptions } from './minimize.js';
import type { MinimizeResult } from '../optim/minimize/result.js';
import { resolveFit, type FitOptions } from './options.js';
import { resolveRegularizer } from './penalty.js';
import { hasLoss, type ModelParts } from './session.js';
import { start } from './position.js';
import type { Prediction } from './prediction.js';
import { evaluationSource, inputSource, residentSource, type Trainable } from './sources.js';
import { readCheckpoint, restore, saveCheckpoint } from './checkpoint.js';
import { loadFile, saveFile, type LoadOptions, type SaveOptions } from './files.js';
import { applyState, checkState, collectState, entriesOf, inOlderNames, type StateDict } from './state.js';
import { summarize } from './summary.js';
import { checkTargets } from './targets.js';

export interface ModelOptions<Output extends Prediction = Tensor> {
  /** What training makes small; of a network that returns several tensors by name, one for each that is to be held to targets `y.<name>`. */
  readonly loss?: PerOutput<Output, Loss>;
  /** What each output's loss counts in their sum; 1 unless given. */
  readonly lossWeights?: Output extends Tensor ? never : { readonly [Name in keyof Output]?: number };
  readonly optimizer?: Optimizer;
  readonly metrics?: PerOutput<Output, readonly Metric[]>;
  /**
   * λR(w), added to the loss in training, `minimize` and evaluation, and in what they report: of all parameters that train, biases too, or by groups,
   * which add up. `(name, parameter) => parameter.rank > 1` selects weights without biases and scales.
   */
  readonly regularizer?: Regularizer | readonly RegularizerGroup[];
  /** Keys initial weights, and permutations and dropout where a fit names no seed. Default 0. */
  readonly seed?: number;
}

export interface RunOptions {
  /** Samples at once; 256 unless given. Changes no result but rounding. */
  readonly batchSize?: number;
  /** 'average': the mean of weights that `optim.average` keeps, in place of the weights. Default 'current'. */
  readonly weights?: WeightsChoice;
  /** Told the step after which the model had the parameters that are used; beside a fit a copy of them is taken between two steps. */
  readonly onStep?: (step: number) => void;
}

export interface PredictOptions extends RunOptions {
  /** The path of a module, such as `0` or `encoder`: gives its outputs, the features, in place of the network's. */
  readonly layer?: string;
}

/**
 * A network with a loss, an optimiser and metrics: trained, evaluated, saved and loaded.
 *
 * A network of several inputs takes one record of tensors, { left, right }, from the data's fields `x.left` and `x.right`. One of several outputs returns a
 * record, { depth, classes }: losses and metrics are given by those names, targets are the fields `y.depth` and `y.classes`, and logs are `loss`,
 * `depth_loss`, `classes_loss`, `classes_accuracy`, `val_loss` …: `loss` is the weighted sum with what regularizers add, the others stand alone.
 */
export class Model<Output extends Prediction = Tensor> {
  readonly network: Module<Output, readonly Tree[]>;
  readonly #optimizer: Optimizer | undefined;
  readonly #heads: readonly Head[];
  readonly #columns: Columns;
  readonly #regularizer: readonly RegularizerGroup[];
  #seed: number;
  readonly #position = start();
  #engine: Engine | undefined;
  #running: RunningLoop | undefined;
  #fitting = false;
  #disposal: Error | undefined;

  constructor(network: Module<Output, readonly Tree[]>, options: ModelOptions<Output> = {}) {
    checkNames('model', options, ['loss', 'lossWeights', 'optimizer', 'metrics', 'regularizer', 'seed']);
    if (!(network instanceof Module))
      throw new RavineError('option', 'model', `expected a module, got ${describe(network)}`, { help: 'see nn.sequential' });
    this.network = network;
    this.#regularizer = resolveRegularizer(network, options.regularizer);
    if (options.optimizer !== undefined)
      checkOptimizer('model', options.optimizer, 'new Model(network, { loss, optimizer: optim.adam() })');
    this.#optimizer = options.optimizer;
    this.#heads = resolveHeads(options);
    this.#columns = columnsOf(this.#heads);
    this.#seed = nonNegativeInteger('model', 'seed', options.seed ?? 0);
  }

  /** What the model is made of; its parameters are drawn by now. */
  get parts(): ModelParts {
    return this.#ready('model').parts;
  }

  /** Steps applied so far. */
  get steps(): number {
    return this.#position.step;
  }

  /** Whole epochs trained so far. */
  get epochs(): number {
    return this.#position.epoch;
  }

  /**
   * Trains on a data set: forward, backward and update natively, on a thread of its own. A second fit goes on where the first ended: two fits of one
   * epoch are one of two.
   *
   * Rejects with a DivergenceError when the loss is not finite, an AbortError when `signal` fires; the state is then that after the last whole step.
   */
  async fit(data: Trainable, options?: FitOptions): Promise<History> {
    const resolved = resolveFit(options, this.#seed);
    const engine = this.#ready('fit', true);
    if (!hasLoss(engine.parts) || !engine.parts.optimizer)
      throw new RavineError('option', 'fit', 'expected a model with a loss and an optimizer', {
        help: 'new Model(network, { loss, optimizer })',
      });
    if (this.#fitting) throw new RavineError('busy', 'fit', 'this model is being fitted', { help: 'await the first fit' });
    const validation = resolved.validation && evaluationSource(resolved.validation);
    this.#fitting = true;
    engine.busy = true;
    try {
      if (validation) checkEvaluation('fit', engine, validation.dataset);
      // Training pauses while it is validated, so there is nothing to copy.
      const batchSize = Math.max(resolved.batchSize === 'all' ? resolved.chunkSize : resolved.batchSize, 256);
      const validate = async (): Promise<Logs> =>
        validation ? evaluateOn('fit', engine, validation.dataset, { batchSize, copies: new Map(), prefix: 'val_' }) : {};
      const context = {
        engine,
        position: this.#position,
        options: resolved,
        validate,
        onLoop: (running: RunningLoop | undefined) => (this.#running = running),
      };
      if (data instanceof StreamDataset) return await fitStream(context, data);
      const { dataset, owned } = residentSource(data);
      try {
        checkTargets('fit', engine.parts, dataset);
        return await fitResident(context, dataset);
      } finally {
        if (owned) dataset.dispose();
      }
    } finally {
      this.#fitting = false;
      engine.busy = false;
      validation?.release();
    }
  }

  /**
   * Minimises the loss over all of a data set as a function of all parameters that train, by any method of `minimize`: L-BFGS unless given. Dropout is off
   * and running statistics stay. The parameters are updated at each iteration, also when it is aborted. The optimizer's state is not used.
   */
  async minimize(data: Dataset | DataFields, options: ModelMinimizeOptions = {}): Promise<Omit<MinimizeResult, 'x'>> {
    const engine = this.#idle('minimize');
    if (!hasLoss(engine.parts))
      throw new RavineError('option', 'minimize', 'expected a model with a loss', { help: 'new Model(network, { loss })' });
    engine.refresh('minimize', this.#position.step, true);
    const { dataset, owned } = residentSource(refuseStream('minimize', data));
    this.#fitting = true;
    engine.busy = true;
    try {
      checkTargets('minimize', engine.parts, dataset);
      return await minimizeModel(engine, dataset, options);
    } finally {
      this.#fitting = false;
      engine.busy = false;
      if (owned) dataset.dispose();
    }
  }

  /** Loss and metrics over a data set, or one pass of a stream, whose batches are its own. Beside a fit it sees the parameters after a whole step. */
  async evaluate(data: Trainable, options: RunOptions = {}): Promise<Logs> {
    const batchSize = batchSizeOf('evaluate', options);
    const engine = this.#ready('evaluate');
    const { dataset, release } = evaluationSource(data);
    try {
      checkEvaluation('evaluate', engine, dataset);
      return await this.#withCopies('evaluate', options, (copies) =>
        evaluateOn('evaluate', engine, dataset, { batchSize, copies }),
      );
    } finally {
      release();
    }
  }

  /**
   * The network's outputs, [samples, …] each. Several inputs are given as to `data.from`: { 'x.left': …, 'x.right': … }. Beside a fit it sees the parameters
   * after a whole step.
   */
  async predict(
    x: Dataset | Elements | SparseElements | DataFields,
    options: PredictOptions & { readonly layer: string },
  ): Promise<Tensor>;
  async predict(x: Dataset | Elements | SparseElements | DataFields, options?: PredictOptions): Promise<Output>;
  async predict(x: Dataset | Elements | SparseElements | DataFields, options: PredictOptions = {}): Promise<Prediction> {
    const { layer, ...rest } = options;
    const batchSize = batchSizeOf('predict', rest);
    const engine = this.#ready('predict');
    const { dataset, owned } = inputSource(x);
    try {
      return await this.#withCopies('predict', options, (copies) => predictResident(engine, dataset, batchSize, copies, layer));
    } finally {
      if (owned) dataset.dispose();
    }
  }

  /**
   * What every layer gives for a batch { x, y }, and the loss's gradients with respect to it and to the parameters. Nothing changes: running statistics stay,
   * and training is traced anew, so that it does not become slower.
   */
  async inspect(batch: Dataset | DataFields, options: InspectOptions = {}): Promise<Inspection> {
    const engine = this.#idle('inspect');
    const { dataset, owned } = residentSource(refuseStream('inspect', batch));
    try {
      return await inspectModel(engine, dataset, options);
    } finally {
      if (owned) dataset.dispose();
    }
  }

  /** Copies of parameters and buffers by PyTorch's names, in PyTorch's layouts. */
  async stateDict(options: StateOptions = {}): Promise<StateDict> {
    checkNames('stateDict', options, ['weights']);
    const engine = this.#ready('stateDict');
    return this.#withCopies('stateDict', options, async (copies) => collectState(entriesOf(engine), copies));
  }

  /** Takes over parameters and buffers. Names, shapes and dtypes have to be the network's own; else nothing is loaded. */
  loadStateDict(state: StateDict): void {
    this.#apply('loadStateDict', state);
  }

  /** Writes parameters and buffers as safetensors: to a temporary file that then takes the place of `path`. */
  async save(path: string, options?: SaveOptions & StateOptions): Promise<void> {
    const { weights = 'current', ...rest } = options ?? {};
    const state = await this.stateDict({ weights });
    try {
      await saveFile(path, state, rest);
    } finally {
      for (const tensor of state.values()) tensor.dispose();
    }
  }

  /** Reads what `save` or PyTorch's safetensors wrote. A file that is malformed or of another network loads nothing. */
  async load(path: string, options?: LoadOptions): Promise<void> {
    this.#idle('load');
    const { tensors } = await loadFile('load', path, options);
    try {
      this.#apply('load', tensors);
    } finally {
      for (const tensor of tensors.values()) tensor.dispose();
    }
  }

  /**
   * Writes all that training depends on, as it is after a whole step, also beside a fit: parameters, buffers, the optimizer's state, step, epoch and place in it,
   * sums of its logs, logs of the epochs before, seed, and what the fit was told. Atomic, like `save`.
   */
  async saveCheckpoint(path: string): Promise<void> {
    this.#ready('saveCheckpoint');
    while (this.#position.validated) await this.#position.validated;
    await saveCheckpoint(path, this.#ready('saveCheckpoint'), this.#seed, this.#position, this.#running);
  }

  /**
   * Takes up what `saveCheckpoint` wrote, in this process or another: `fit(data, { …, resume: true })` with the same options then gives the same bits as the fit
   * that was interrupted would have (a sparse layer whose decay is lazy: to rounding). Warns where the build, instruction set, provider of matrix products or options of the optimizer are others. A file that
   * is malformed, or of another network or optimizer, loads nothing.
   */
  async loadCheckpoint(path: string, options?: LoadOptions): Promise<void> {
    this.#idle('loadCheckpoint');
    const checkpoint = await readCheckpoint(path, options);
    try {
      restore(this.#idle('loadCheckpoint'), checkpoint);
      Object.assign(this.#position, checkpoint.facts.position);
      this.#seed = checkpoint.facts.seed;
    } finally {
      checkpoint.dispose();
    }
  }

  /**
   * Layers, output shapes and parameters as a table. `inputShape` is that of one sample, or of several inputs one each by name; where it is not of the
   * parameters' dtype { shape, dtype }.
   */
  summary(inputShape?: InputShape): string {
    return summarize(this.network, inputShape);
  }

  /** Frees native memory now. A running fit has to end first. */
  dispose(): void {
    if (this.#disposal) return;
    if (this.#fitting)
      throw new RavineError('busy', 'dispose', 'this model is being fitted', { help: 'abort the fit and await it' });
    disposing('dispose() of the model', () => this.#engine?.dispose());
    this.#disposal = disposal();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Beside a fit, or for averaged weights: copies of what a fit writes, taken at a step boundary. */
  async #withCopies<T>(
    where: string,
    { weights, onStep }: Pick<RunOptions, 'weights' | 'onStep'>,
    fn: (copies: Copies) => Promise<T>,
  ): Promise<T> {
    const averaged = oneOf(where, 'weights', weights ?? 'current', ['current', 'average']) === 'average';
    const engine = this.#ready(where);
    if (!this.#fitting && !averaged) {
      onStep?.(this.#position.step);
      return fn(new Map());
    }
    const { memory } = engine;
    const taken = await takeCopies(where, engine, averaged, this.#running?.loop, this.#position.step);
    try {
      // Laid out anew meanwhile, for another fit.
      if (engine.memory !== memory)
        return await this.#withCopies(where, { ...(weights && { weights }), ...(onStep && { onStep }) }, fn);
      onStep?.(taken.step);
      return await fn(taken.copies);
    } finally {
      taken.dispose();
    }
  }

  #ready(where: string, fits = false): Engine {
    if (this.#disposal) throw new RavineError('disposed', where, `the model was disposed${describeDisposal(this.#disposal)}`);
    if (this.#engine) this.#engine.refresh(where, this.#position.step, fits);
    else {
      this.#engine = new Engine(
        {
          network: this.network,
          heads: this.#heads,
          columns: this.#columns,
          optimizer: this.#optimizer,
          regularizer: this.#regularizer,
        },
        this.#seed,
      );
    }
    return this.#engine;
  }

  #apply(where: string, given: StateDict): void {
    const entries = entriesOf(this.#idle(where));
    const state = inOlderNames(entries, given);
    checkState(where, entries, state);
    applyState(entries, state);
  }

  #idle(where: string): Engine {
    if (this.#fitting) throw new RavineError('busy', where, 'this model is being fitted', { help: 'await the fit, or abort it' });
    return this.#ready(where);
  }
}

function batchSizeOf(where: string, options: RunOptions): number {
  checkNames(where, options, ['batchSize', 'weights', 'onStep']);
  optionalFunction(where, 'onStep', options.onStep);
  return positiveInteger(where, 'batchSize', options.batchSize ?? 256);
}

function refuseStream(where: string, data: Trainable): Dataset | DataFields {
  if (data instanceof StreamDataset)
    throw new RavineError('data', where, 'expected data that is resident, got a stream', { help: 'use data.from' });
  return data;
}
