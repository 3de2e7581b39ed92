import { Exclusive } from '../exclusive.js';
import { AbortError, DivergenceError, RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { boolean, checkNames, checkSignal, nonNegativeInteger, numberIn, optionalFunction, positiveInteger } from '../options.js';
import { tensor } from '../ops/create.js';
import type { SparseJobs, SparseLossName } from '../runtime/addon.js';
import { runSparse } from './job.js';
import { classesOf, encodeLabels, type Label, type Labels } from './labels.js';
import { checkMatrix, type SparseMatrix } from './matrix.js';
import { resolveOptions, type ResolvedOptions, type SparseLinearOptions } from './options.js';
import { loadLinear, saveLinear } from './files.js';
import { LinearState } from './state.js';

export interface SparseFitOptions {
  /** SGD: passes over the rows. Dual: at most so many. Default 5 and 1,000. */
  readonly epochs?: number;
  /** Dual: ends at this duality gap of the objective (1/N) Σ l + alpha/2 ‖w‖². Default 1e-4. */
  readonly gap?: number;
  /** Of the rows' order. Default 0. */
  readonly seed?: number;
  /** SGD: a new order of the rows each epoch. Default true. */
  readonly shuffle?: boolean;
  /** Ends the fit between two rows; what was learnt by then is kept. */
  readonly signal?: AbortSignal;
  /** At most every 50 ms. `loss` is the running epoch's mean so far; with the dual solver it is the last gap. */
  readonly onProgress?: (progress: { readonly epoch: number; readonly rows: number; readonly loss: number }) => void;
}

export interface PartialFitOptions extends Pick<SparseFitOptions, 'seed' | 'shuffle' | 'signal' | 'onProgress'> {
  /** Every class that will ever come, at the first call. */
  readonly classes?: Labels;
}

export interface SparseHistory {
  /** SGD: of each epoch, the mean loss of the rows before their own steps. Dual: the objective of each output. */
  readonly losses: number[];
  /** Steps of this call; passes for the dual solver. */
  readonly steps: number;
  /** Native seconds. */
  readonly seconds: number;
  /** SGD's η₀. */
  readonly learningRate?: number;
  /** The dual solver's: the largest of its outputs. */
  readonly gap?: number;
}

/**
 * Linear classifiers on sparse data: support vector machines and logistic regression, by stochastic gradient descent or dual coordinate descent, minimising
 * (1/N) Σ l + alpha (ρ‖w‖₁ + (1 − ρ)/2 ‖w‖²). One thread of its own; the same seed gives the same bits.
 */
export class SparseLinear {
  readonly options: ResolvedOptions;
  #classes: readonly Label[] | undefined;
  #state: LinearState | undefined;
  #epoch = 0;
  readonly #fits = new Exclusive();

  constructor(options: SparseLinearOptions = {}) {
    this.options = resolveOptions(options);
  }

  /** Learns from scratch. Two classes at least; they may be whole numbers, texts or booleans. */
  async fit(x: SparseMatrix, y: Labels, options: SparseFitOptions = {}): Promise<SparseHistory> {
    const where = 'SparseLinear.fit';
    checkNames(where, options, ['epochs', 'gap', 'seed', 'shuffle', 'signal', 'onProgress']);
    this.#checkRows(where, x, y);
    const classes = classesOf(where, y);
    const standard = this.options.solver === 'dual' ? 1000 : 5;
    const epochs = positiveInteger(where, 'epochs', options.epochs ?? standard);
    const labels = encodeLabels(where, y, checkClasses(where, classes));
    this.#throwIfAlreadyAborted(where, options.signal);
    const state = this.#freshState(where, x.columns, classes.length);
    return this.#fits.run(where, async () => {
      const history = await this.#run(where, x, labels, state, epochs, 0, options);
      this.#take(state, classes, epochs);
      this.#throwIfAborted(where, history, options.signal);
      return history;
    });
  }

  /** One pass over more rows, by SGD, from where the last call ended. The first call names every class. */
  async partialFit(x: SparseMatrix, y: Labels, options: PartialFitOptions = {}): Promise<SparseHistory> {
    const where = 'SparseLinear.partialFit';
    checkNames(where, options, ['classes', 'seed', 'shuffle', 'signal', 'onProgress']);
    if (this.options.solver === 'dual')
      throw new RavineError('option', where, 'the dual solver sees all rows at once', { help: "use solver: 'sgd'" });
    this.#checkRows(where, x, y);
    const classes = this.#classes ?? this.#firstClasses(where, options.classes);
    const labels = encodeLabels(where, y, classes);
    if (this.#state) checkColumns(where, x, this.#state.columns);
    this.#throwIfAlreadyAborted(where, options.signal);
    return this.#fits.run(where, async () => {
      const state = this.#state?.copy() ?? this.#freshState(where, x.columns, classes.length);
      const history = await this.#run(where, x, labels, state, 1, this.#epoch, options);
      this.#take(state, classes, this.#epoch + 1);
      this.#throwIfAborted(where, history, options.signal);
      return history;
    });
  }

  /** The most likely class of each row. Works while a fit runs, with what was learnt before it. */
  async predict(x: SparseMatrix): Promise<Label[]> {
    const { classes } = this.#learnt('SparseLinear.predict');
    const numbers = await this.#score('SparseLinear.predict', x, 'classes');
    return Array.from(numbers, (number) => classes[number] ?? NaN);
  }

  /** float64 [rows, classes]; log loss only. Sigmoids of one-against-rest are scaled to sum to 1, as in scikit-learn. */
  async predictProba(x: SparseMatrix): Promise<Tensor> {
    const where = 'SparseLinear.predictProba';
    if (this.options.loss !== 'log')
      throw new RavineError('option', where, `the ${this.options.loss} loss gives no probabilities`, { help: "use loss: 'log'" });
    const { classes } = this.#learnt(where);
    const link = classes.length === 2 ? 'sigmoid' : this.options.multiclass === 'multinomial' ? 'softmax' : 'rest';
    return tensor(await this.#score(where, x, link), { shape: [x.rows, classes.length] });
  }

  /** Scores w·x + b: float64 [rows] for two classes, above 0 for the second; else [rows, classes]. */
  async decisionFunction(x: SparseMatrix): Promise<Tensor> {
    const where = 'SparseLinear.decisionFunction';
    const { state } = this.#learnt(where);
    const scores = await this.#score(where, x, 'none');
    return tensor(scores, { shape: state.outputs === 1 ? [x.rows] : [x.rows, state.outputs] });
  }

  /** The part of rows whose class is predicted right. */
  async evaluate(x: SparseMatrix, y: Labels): Promise<{ accuracy: number }> {
    const where = 'SparseLinear.evaluate';
    this.#checkRows(where, x, y);
    const { classes } = this.#learnt(where);
    const labels = encodeLabels(where, y, classes);
    const numbers = await this.#score(where, x, 'classes');
    return { accuracy: numbers.reduce((right, number, i) => right + (number === labels[i] ? 1 : 0), 0) / numbers.length };
  }

  /** Sorted; undefined before the first fit. */
  get classes(): readonly Label[] | undefined {
    return this.#classes;
  }

  /** float32 [outputs, columns], one output for two classes: scikit-learn's coef_. */
  coefficients(): Tensor {
    const { state } = this.#learnt('SparseLinear.coefficients');
    const flat = new Float32Array(state.columns * state.outputs);
    state.effectiveWeights.read(flat, 0);
    const byColumn = tensor(flat, { shape: [state.columns, state.outputs] });
    return byColumn.transpose();
  }

  /** One an output. */
  intercepts(): Float64Array {
    return this.#learnt('SparseLinear.intercepts').state.effectiveIntercepts();
  }

  /** Options, classes and state as safetensors, atomically; `weight` and `bias` are in PyTorch's layout. */
  async save(path: string): Promise<void> {
    const { state, classes } = this.#learnt('SparseLinear.save');
    await saveLinear(path, this.options, state, classes, this.#epoch);
  }

  /** What `save` wrote: predictions are the same, and partialFit goes on. */
  static async load(path: string): Promise<SparseLinear> {
    const { options, state, classes, epoch } = await loadLinear(path);
    const model = new SparseLinear(options);
    model.#take(state(model.options), classes, epoch);
    return model;
  }

  async #run(
    where: string,
    x: SparseMatrix,
    labels: Int32Array,
    state: LinearState,
    epochs: number,
    firstEpoch: number,
    options: SparseFitOptions,
  ): Promise<SparseHistory & { readonly stopped: boolean }> {
    const { alpha, solver, loss, multiclass } = this.options;
    const { signal } = options;
    const onProgress = optionalFunction(where, 'onProgress', options.onProgress);
    const seed = nonNegativeInteger(where, 'seed', options.seed ?? 0);
    const lossName: SparseLossName = multiclass === 'multinomial' && state.outputs > 1 ? 'softmax' : loss;
    const { outputs, weights, scalars } = state;
    const common = { matrix: x.native, labels, loss: lossName, outputs, epochs, alpha, seed, weights, scalars };
    const tell = onProgress && (([epoch = 0, rows = 0, value = 0]: Float64Array) => onProgress({ epoch, rows, loss: value }));
    if (solver === 'dual') {
      const gap = numberIn(where, 'gap', options.gap ?? 1e-4, 0);
      const spec = { kind: 'dual', ...common, gap, intercept: this.options.intercept } as const;
      return dualHistory(await runSparse(where, spec, { signal, onProgress: tell }));
    }
    if (options.gap !== undefined)
      throw new RavineError('option', where, 'only the dual solver knows its gap', { help: "use solver: 'dual', or epochs" });
    const shuffle = boolean(where, 'shuffle', options.shuffle ?? true);
    const spec = { kind: 'sgd', ...common, ...this.#sgd(x, state), firstEpoch, shuffle } as const;
    const result = await runSparse(where, spec, { signal, onProgress: tell });
    if (result.divergedAt >= 0) throw diverged(where, result.divergedAt, result.eta);
    return {
      losses: [...result.losses],
      steps: result.steps,
      seconds: result.seconds,
      learningRate: state.scalar('eta0'),
      stopped: result.stopped,
    };
  }

  #sgd(
    x: SparseMatrix,
    { averages, penalties }: LinearState,
  ): Omit<SparseJobs['sgd']['spec'], CommonSpec | 'firstEpoch' | 'shuffle'> {
    const { l1Ratio, learningRate, schedule, average, averageFrom, intercept, interceptRate } = this.options;
    return {
      l1Ratio,
      eta0: learningRate === 'auto' ? 0 : learningRate,
      constant: schedule === 'constant',
      average,
      averageFrom: averageFrom ?? x.rows,
      interceptRate: intercept ? interceptRate : 0,
      ...(averages && { averages }),
      ...(penalties && { penalties }),
    };
  }

  async #score(where: string, x: SparseMatrix, link: SparseJobs['score']['spec']['link']): Promise<Float64Array<ArrayBuffer>> {
    const { state } = this.#learnt(where);
    checkColumns(where, checkMatrix(where, x), state.columns);
    const intercepts = state.effectiveIntercepts();
    const spec = { kind: 'score', matrix: x.native, weights: state.effectiveWeights, intercepts, link } as const;
    const buffer = await runSparse(where, spec);
    const scores = new Float64Array(buffer.byteLength / 8);
    buffer.read(scores, 0);
    buffer.dispose();
    return scores;
  }

  #learnt(where: string): { readonly state: LinearState; readonly classes: readonly Label[] } {
    if (!this.#state || !this.#classes)
      throw new RavineError('data', where, 'this model has learnt nothing yet', { help: 'await fit(x, y) first' });
    return { state: this.#state, classes: this.#classes };
  }

  #take(state: LinearState, classes: readonly Label[], epoch: number): void {
    this.#state?.dispose();
    this.#state = state;
    this.#classes = classes;
    this.#epoch = epoch;
  }

  #freshState(where: string, columns: number, classes: number): LinearState {
    const { average, l1Ratio } = this.options;
    return new LinearState(where, columns, classes === 2 ? 1 : classes, { average, l1: l1Ratio > 0 });
  }

  #firstClasses(where: string, given: Labels | undefined): Label[] {
    if (given === undefined)
      throw new RavineError('label', where, 'expected classes at the first call', {
        help: 'partialFit(x, y, { classes: [0, 1] }): later rows may bring some that these do not have',
      });
    return checkClasses(where, classesOf(where, given, 'classes'));
  }

  #checkRows(where: string, x: SparseMatrix, y: Labels): void {
    checkMatrix(where, x);
    if (x.rows === 0) throw new RavineError('data', where, '0 rows');
    if (typeof y === 'object' && y !== null && y.length !== x.rows)
      throw new RavineError('shape', where, `expected one label a row, got ${y.length} for ${x.rows} rows`);
  }

  /** Nothing has been learnt then: what was learnt before stays. */
  #throwIfAlreadyAborted(where: string, signal: AbortSignal | undefined): void {
    if (checkSignal(where, signal)?.aborted) throw new AbortError(where, 0, signal?.reason);
  }

  #throwIfAborted(
    where: string,
    { stopped, steps }: { stopped?: boolean; steps: number },
    signal: AbortSignal | undefined,
  ): void {
    if (stopped && signal?.aborted) throw new AbortError(where, steps, signal.reason);
  }
}

type CommonSpec = 'matrix' | 'labels' | 'loss' | 'outputs' | 'epochs' | 'alpha' | 'seed' | 'weights' | 'scalars';

function dualHistory(result: SparseJobs['dual']['result']): SparseHistory & { readonly stopped: boolean } {
  return {
    losses: [...result.objectives],
    steps: result.passes.reduce((sum, passes) => sum + passes, 0),
    seconds: result.seconds,
    gap: Math.max(...result.gaps),
    stopped: result.stopped,
  };
}

function diverged(where: string, step: number, eta: number): DivergenceError {
  return new DivergenceError(
    where,
    `the score of step ${step} or a weight before it is not finite, at learning rate ${eta}`,
    step,
    eta,
  );
}

function checkColumns(where: string, x: SparseMatrix, columns: number): void {
  if (x.columns !== columns)
    throw new RavineError('shape', where, `expected ${columns} columns, got ${x.columns}`, {
      help: 'read every file with the same { columns }, and transform every text with the same vectorizer',
    });
}

function checkClasses(where: string, classes: Label[]): Label[] {
  if (classes.length < 2)
    throw new RavineError(
      'label',
      where,
      `expected at least two classes, got ${classes.length === 1 ? `only ${String(classes[0])}` : 'none'}`,
    );
  return classes;
}
