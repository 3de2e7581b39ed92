import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { batchNorm as batchNormOf, normalize } from '../ops/batch-norm.js';
import { cast } from '../ops/cast.js';
import { ones, zeros } from '../ops/constant.js';
import { add, div, mul, sub } from '../ops/elementwise.js';
import { boolean, checkNames, numberIn, oneOf, positiveInteger } from '../options.js';
import { formatType, sizeOf } from '../shape.js';
import { Buffer } from './buffer.js';
import { expectInputDType } from './input-dtype.js';
import { Module, type Member } from './module.js';
import { Parameter } from './parameter.js';
import type { KeepsFeaturesRule, shapeRule } from './shape-rule.js';

const statistics = ['running', 'batch'] as const;

export interface BatchNormLayerOptions {
  /** Added to the variance under the root. Default 1e-5. */
  readonly epsilon?: number;
  /** Weight of the new batch in the running statistics; null: the plain average of all batches so far. Default 0.1. */
  readonly momentum?: number | null;
  /** Learnt scale and shift. Default true. */
  readonly affine?: boolean;
  /** Keeps running statistics. Default true; without them the batch's own are used in any mode. */
  readonly trackRunningStats?: boolean;
  /** What normalises outside of training: the running statistics, or the batch's own as in training. Default 'running'. */
  readonly testStatistics?: (typeof statistics)[number];
  readonly dtype?: DType;
}

const known: readonly (keyof BatchNormLayerOptions)[] = [
  'epsilon',
  'momentum',
  'affine',
  'trackRunningStats',
  'testStatistics',
  'dtype',
];

/**
 * Batch normalisation (Ioffe & Szegedy 2015) over the last axis of [samples, …, features]: y = (x − μ)/√(σ² + ε)·weight + bias, with the
 * mean and the biased variance of the batch (and of all its places) in training, and running averages of them otherwise. The running variance is
 * unbiased, m/(m − 1)·σ². Micro-batches of an accumulated step are normalised each by itself.
 */
export class BatchNorm<Features extends number = number> extends Module {
  declare readonly [shapeRule]: KeepsFeaturesRule<'batchNorm', Features>;
  readonly epsilon: number;
  readonly momentum: number | null;
  readonly testStatistics: (typeof statistics)[number];
  readonly dtype: DType;
  readonly weight: Parameter | undefined;
  readonly bias: Parameter | undefined;
  readonly runningMean: Buffer | undefined;
  readonly runningVar: Buffer | undefined;
  /** Batches that the running statistics have seen. */
  readonly batchesTracked: Buffer | undefined;
  /** Whether running statistics stay as they are and normalise in training too: see `freezeStatistics`. */
  statisticsFrozen = false;

  constructor(
    readonly features: Features,
    options: BatchNormLayerOptions = {},
  ) {
    super();
    checkNames('batchNorm', options, known);
    positiveInteger('batchNorm', 'features', features);
    const { momentum = 0.1, dtype = 'float32' } = options;
    this.epsilon = numberIn('batchNorm', 'epsilon', options.epsilon ?? 1e-5, 0);
    this.momentum = momentum === null ? null : numberIn('batchNorm', 'momentum', momentum, 0, 1);
    this.testStatistics = oneOf('batchNorm', 'testStatistics', options.testStatistics ?? 'running', statistics);
    this.dtype = dtype;
    if (boolean('batchNorm', 'affine', options.affine ?? true)) {
      this.weight = new Parameter([features], { dtype, initializer: 'ones' });
      this.bias = new Parameter([features], { dtype, initializer: 'zeros' });
    }
    if (boolean('batchNorm', 'trackRunningStats', options.trackRunningStats ?? true)) {
      this.runningMean = new Buffer([features], { dtype });
      this.runningVar = new Buffer([features], { dtype, value: 1 });
      this.batchesTracked = new Buffer([], { dtype: 'int32' });
    }
  }

  /** PyTorch's names. */
  override *members(): IterableIterator<[string, Member]> {
    const named = {
      weight: this.weight,
      bias: this.bias,
      running_mean: this.runningMean,
      running_var: this.runningVar,
      num_batches_tracked: this.batchesTracked,
    };
    for (const [name, member] of Object.entries(named)) if (member) yield [name, member];
  }

  /** Uses the running statistics in training too, and leaves them as they are: fine-tuning by the behaviour of testing. */
  freezeStatistics(): this {
    if (!this.runningMean)
      throw new RavineError('option', 'batchNorm', 'expected running statistics to freeze', {
        help: 'make the layer with trackRunningStats: true',
      });
    this.statisticsFrozen = true;
    return this;
  }

  unfreezeStatistics(): this {
    this.statisticsFrozen = false;
    return this;
  }

  /** x [samples, …, features] */
  override forward(x: Tensor): Tensor {
    if (x.rank < 2 || x.shape.at(-1) !== this.features)
      throw new RavineError('shape', this.toString(), `expected ${this.features} features, got ${formatType(x)}`);
    expectInputDType(this, x, this.dtype);
    const [gamma, beta] = [this.weight ?? this.#filled(ones), this.bias ?? this.#filled(zeros)];
    const { runningMean, runningVar, epsilon } = this;
    const isTraining = currentTrace()?.training ?? false;
    const usesBatch = isTraining ? !this.statisticsFrozen : this.testStatistics === 'batch';
    if (!usesBatch && runningMean && runningVar) return normalize(x, gamma, beta, runningMean, runningVar, { epsilon });
    if (!isTraining) this.#expectSeveral(x);
    const { y, mean, variance } = batchNormOf(x, gamma, beta, { epsilon });
    if (isTraining) this.#track(x, mean, variance);
    return y;
  }

  override toString(): string {
    return `batchNorm(${this.features})`;
  }

  /** In testing it may be the last batch of a prediction that has one value. */
  #expectSeveral(x: Tensor): void {
    if (countOf(x) > 1) return;
    throw new RavineError(
      'shape',
      this.toString(),
      `expected more than one value for each channel where the batch's own statistics normalise, got ${formatType(x)}`,
      { help: "choose a batchSize that leaves no batch of one sample, or testStatistics: 'running'" },
    );
  }

  #filled(fill: typeof ones): Tensor {
    return fill([this.features], { dtype: this.dtype });
  }

  /** running ← running + momentum·(batch − running) */
  #track(x: Tensor, mean: Tensor, variance: Tensor): void {
    const { runningMean, runningVar, batchesTracked, momentum } = this;
    if (!runningMean || !runningVar || !batchesTracked) return;
    const count = countOf(x);
    const seen = add(batchesTracked, 1);
    const share = momentum ?? div(1, cast(seen, this.dtype));
    const towards = (running: Tensor, batch: Tensor): Tensor => add(running, mul(sub(batch, running), share));
    const [nextMean, nextVar] = [towards(runningMean, mean), towards(runningVar, mul(variance, count / (count - 1)))];
    runningMean.assign(nextMean);
    runningVar.assign(nextVar);
    batchesTracked.assign(seen);
  }
}

/** Values of one channel. */
function countOf(x: Tensor): number {
  return sizeOf(x.shape.slice(0, -1));
}

/** Batch normalisation of [samples, features], [samples, length, features] and [samples, height, width, features]. */
export function batchNorm<Features extends number>(features: Features, options?: BatchNormLayerOptions): BatchNorm<Features> {
  return new BatchNorm(features, options);
}
