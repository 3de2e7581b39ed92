import type { DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { currentTrace } from '../ir/trace.js';
import { batchNorm as batchNormOf, normalize } from '../ops/batch-norm.js';
import { cast } from '../ops/cast.js';
import { clamp } from '../ops/compare.js';
import { add, div, maximum, minimum, mul, neg, sqrt, square, sub } from '../ops/elementwise.js';
import { stopGradient } from '../ops/identity.js';
import { checkNames, nonNegativeInteger, numberIn, positiveInteger } from '../options.js';
import { formatType } from '../shape.js';
import { Buffer } from './buffer.js';
import { expectInputDType } from './input-dtype.js';
import { Module, type Member } from './module.js';
import { Parameter } from './parameter.js';
import type { KeepsFeaturesRule, shapeRule } from './shape-rule.js';

/** Steps are training steps of the layer. Defaults are the paper's. */
export interface BatchRenormOptions {
  /** Added to the variance under the root. Default 1e-5. */
  readonly epsilon?: number;
  /** Weight of the new batch in the running statistics. Default 0.01. */
  readonly momentum?: number;
  /** Largest correction of the scale, reached at `rEnd`. Default 3. */
  readonly rMax?: number;
  /** Largest correction of the shift, reached at `dEnd`. Default 5. */
  readonly dMax?: number;
  /** Until then it is plain batch normalisation: limits 1 and 0. Default 5,000. */
  readonly start?: number;
  /** Default 40,000. */
  readonly rEnd?: number;
  /** Default 25,000. */
  readonly dEnd?: number;
  readonly dtype?: DType;
}

const known: readonly (keyof BatchRenormOptions)[] = ['epsilon', 'momentum', 'rMax', 'dMax', 'start', 'rEnd', 'dEnd', 'dtype'];

/**
 * Batch renormalisation (Ioffe 2017): x̂ = (x − μ_B)/σ_B·r + d with r = clip(σ_B/σ, 1/r_max, r_max) and d = clip((μ_B − μ)/σ, ±d_max), which no gradient
 * passes through; μ and σ are running averages, by which testing normalises. What training sees and what testing sees are alike, also with small
 * batches.
 */
export class BatchRenorm<Features extends number = number> extends Module {
  declare readonly [shapeRule]: KeepsFeaturesRule<'batchRenorm', Features>;
  readonly options: Required<BatchRenormOptions>;
  readonly weight: Parameter;
  readonly bias: Parameter;
  readonly runningMean: Buffer;
  readonly runningStd: Buffer;
  readonly batchesTracked: Buffer;

  constructor(
    readonly features: Features,
    options: BatchRenormOptions = {},
  ) {
    super();
    const where = 'batchRenorm';
    checkNames(where, options, known);
    positiveInteger(where, 'features', features);
    const { dtype = 'float32', start = 5000, rEnd = 40_000, dEnd = 25_000 } = options;
    this.options = {
      epsilon: numberIn(where, 'epsilon', options.epsilon ?? 1e-5, 0),
      momentum: numberIn(where, 'momentum', options.momentum ?? 0.01, 0, 1),
      rMax: numberIn(where, 'rMax', options.rMax ?? 3, 1),
      dMax: numberIn(where, 'dMax', options.dMax ?? 5, 0),
      start: nonNegativeInteger(where, 'start', start),
      rEnd: numberIn(where, 'rEnd', rEnd, start),
      dEnd: numberIn(where, 'dEnd', dEnd, start),
      dtype,
    };
    this.weight = new Parameter([features], { dtype, initializer: 'ones' });
    this.bias = new Parameter([features], { dtype, initializer: 'zeros' });
    this.runningMean = new Buffer([features], { dtype });
    this.runningStd = new Buffer([features], { dtype, value: 1 });
    this.batchesTracked = new Buffer([], { dtype: 'int32' });
  }

  override *members(): IterableIterator<[string, Member]> {
    yield ['weight', this.weight];
    yield ['bias', this.bias];
    yield ['running_mean', this.runningMean];
    yield ['running_std', this.runningStd];
    yield ['num_batches_tracked', this.batchesTracked];
  }

  /** x [samples, …, features] */
  override forward(x: Tensor): Tensor {
    const { dtype, epsilon } = this.options;
    if (x.rank < 2 || x.shape.at(-1) !== this.features)
      throw new RavineError('shape', this.toString(), `expected ${this.features} features, got ${formatType(x)}`);
    expectInputDType(this, x, dtype);
    const { weight, bias, runningMean, runningStd } = this;
    if (!currentTrace()?.training) return normalize(x, weight, bias, runningMean, square(runningStd), { epsilon: 0 });
    // The statistics alone, without a gradient: they give r and d.
    const fixed = batchNormOf(stopGradient(x), weight, bias, { epsilon });
    const sigma = sqrt(add(fixed.variance, epsilon));
    const { rMost, dMost } = this.#limits();
    const r = stopGradient(minimum(maximum(div(sigma, runningStd), div(1, rMost)), rMost));
    const d = stopGradient(minimum(maximum(div(sub(fixed.mean, runningMean), runningStd), neg(dMost)), dMost));
    this.#track(fixed.mean, sigma);
    return batchNormOf(x, mul(weight, r), add(mul(weight, d), bias), { epsilon }).y;
  }

  override toString(): string {
    return `batchRenorm(${this.features})`;
  }

  /** r_max from 1 and d_max from 0, along straight lines from `start` to their ends. */
  #limits(): { rMost: Tensor; dMost: Tensor } {
    const { rMax, dMax, start, rEnd, dEnd, dtype } = this.options;
    const step = cast(this.batchesTracked, dtype);
    const along = (end: number): Tensor =>
      end > start ? clamp(mul(sub(step, start), 1 / (end - start)), 0, 1) : clamp(sub(step, start - 1), 0, 1);
    return { rMost: add(mul(along(rEnd), rMax - 1), 1), dMost: mul(along(dEnd), dMax) };
  }

  #track(mean: Tensor, sigma: Tensor): void {
    const { momentum } = this.options;
    const towards = (running: Tensor, batch: Tensor): Tensor => add(running, mul(sub(batch, running), momentum));
    const [nextMean, nextStd] = [towards(this.runningMean, mean), towards(this.runningStd, sigma)];
    this.runningMean.assign(nextMean);
    this.runningStd.assign(nextStd);
    this.batchesTracked.assign(add(this.batchesTracked, 1));
  }
}

/** Batch renormalisation of [samples, …, features]. */
export function batchRenorm<Features extends number>(features: Features, options?: BatchRenormOptions): BatchRenorm<Features> {
  return new BatchRenorm(features, options);
}
