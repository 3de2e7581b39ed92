import { RavineError } from '../../errors.js';
import { checkNames, nonNegativeInteger, numberIn, oneOf } from '../../options.js';
import { checkLearningRate, learningRateAt, type Schedule } from '../optimizer.js';
import { namedSchedule } from './duration.js';

export interface PlateauOptions {
  /** The log that is followed. Default 'val_loss'. */
  readonly monitor?: string;
  /** 'min' where less is better. Default 'min'. */
  readonly mode?: 'min' | 'max';
  /** Epochs without improvement that are borne. Default 10. */
  readonly patience?: number;
  /** The share of the best value that counts as improvement. Default 1e-4. */
  readonly threshold?: number;
}

export interface OnPlateauOptions extends PlateauOptions {
  /** The rate, or a schedule, before any reduction. */
  readonly start: number | Schedule;
  /** What the rate is multiplied by when patience is over, in (0, 1). Default 0.1. */
  readonly factor?: number;
  /** Epochs after a reduction in which none counts as bad. Default 0. */
  readonly cooldown?: number;
  /** The rate is not reduced below it. Default 0. */
  readonly minimum?: number;
}

export const plateauNames = ['monitor', 'mode', 'patience', 'threshold'] as const;

/** Follows a log: whether an epoch's is better than the best before. */
export class Best {
  readonly patience: number;
  readonly #monitor: string;
  readonly #sign: 1 | -1;
  readonly #threshold: number;
  #best = Infinity;

  constructor(
    readonly where: string,
    { monitor = 'val_loss', mode = 'min', patience = 10, threshold = 1e-4 }: PlateauOptions,
  ) {
    this.#monitor = monitor;
    this.#sign = oneOf(where, 'mode', mode, ['min', 'max']) === 'min' ? 1 : -1;
    this.patience = nonNegativeInteger(where, 'patience', patience);
    this.#threshold = numberIn(where, 'threshold', threshold, 0);
  }

  improves(logs: Readonly<Record<string, number>>): boolean {
    const value = logs[this.#monitor];
    if (value === undefined)
      throw new RavineError('option', this.where, `expected logs with '${this.#monitor}', got ${Object.keys(logs).join(', ')}`, {
        help: "fit with validation, or monitor: 'loss'",
      });
    const signed = this.#sign * value;
    const better = this.#best === Infinity || signed < this.#best - this.#threshold * Math.abs(this.#best);
    if (better && !Number.isNaN(signed)) this.#best = signed;
    return better;
  }
}

/**
 * start·factorᵏ, k the times that a log, by default the validation loss, had not improved for more than `patience` epochs: PyTorch's ReduceLROnPlateau.
 * A function of the model's logs alone, so a fit that is resumed goes on with it.
 */
export function onPlateau(options: OnPlateauOptions): Schedule {
  const where = 'onPlateau';
  checkNames(where, options, [...plateauNames, 'start', 'factor', 'cooldown', 'minimum']);
  const start = checkLearningRate(where, options.start);
  const factor = numberIn(where, 'factor', options.factor ?? 0.1, Number.MIN_VALUE, 1, true);
  const cooldown = nonNegativeInteger(where, 'cooldown', options.cooldown ?? 0);
  const minimum = numberIn(where, 'minimum', options.minimum ?? 0, 0);
  new Best(where, options);
  let known: { readonly logs: object; readonly length: number; readonly reductions: number } | undefined;
  return namedSchedule(where, (_, info) => {
    const logs = info.logs ?? [];
    if (known?.logs !== logs || known.length !== logs.length)
      known = { logs, length: logs.length, reductions: reductionsIn(logs, new Best(where, options), cooldown) };
    const rate = learningRateAt(start, info);
    return Math.max(rate * factor ** known.reductions, Math.min(rate, minimum));
  });
}

function reductionsIn(logs: readonly Readonly<Record<string, number>>[], best: Best, cooldown: number): number {
  let [bad, resting, reductions] = [0, 0, 0];
  for (const epoch of logs) {
    bad = best.improves(epoch) ? 0 : bad + 1;
    if (resting > 0) [resting, bad] = [resting - 1, 0];
    if (bad > best.patience) [reductions, resting, bad] = [reductions + 1, cooldown, 0];
  }
  return reductions;
}
