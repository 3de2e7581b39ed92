import type { Metric } from '../metrics/metric.js';

/** Values by Keras' names: `loss`, `accuracy`, `val_loss`, `learning_rate` … */
export type Logs = Readonly<Record<string, number>>;

/** What a fit leaves behind: every log by epoch. */
export interface History {
  readonly logs: Readonly<Record<string, readonly number[]>>;
  /** The learning rate of every step: `learning_rate`, and of the groups of parameters `learning_rate_<name>`. */
  readonly learningRates: Readonly<Record<string, readonly number[]>>;
  readonly epochs: number;
  /** Steps that this fit applied. */
  readonly steps: number;
  readonly samples: number;
  /** Seconds in native steps: without validation and callbacks. */
  readonly seconds: number;
  readonly samplesPerSecond: number;
  /** Epochs ended by `onEpochEnd` returning false. */
  readonly stopped: boolean;
}

/** Sums of loss and metrics over `samples` samples as logs. */
export function logsOf(
  sums: ArrayLike<number>,
  samples: number,
  hasLoss: boolean,
  metrics: readonly Metric[],
  prefix = '',
): Logs {
  const logs: Record<string, number> = {};
  let at = 0;
  if (hasLoss) logs[`${prefix}loss`] = samples > 0 ? (sums[at] ?? NaN) / samples : NaN;
  if (hasLoss) at++;
  for (const metric of metrics) {
    const own = Array.from({ length: metric.sums }, (_, i) => sums[at + i] ?? NaN);
    logs[`${prefix}${metric.name}`] = samples > 0 ? metric.result(own, samples) : NaN;
    at += metric.sums;
  }
  return logs;
}

/** Collects logs by epoch. */
export class HistoryBuilder {
  readonly #logs = new Map<string, number[]>();
  readonly #rates = new Map<string, (readonly number[])[]>();
  epochs = 0;
  steps = 0;
  samples = 0;
  seconds = 0;
  stopped = false;

  add(logs: Logs): void {
    append(this.#logs, logs);
    this.epochs++;
  }

  /** Of a native call's steps, by name. */
  addRates(rates: Readonly<Record<string, readonly number[]>>): void {
    append(this.#rates, rates);
  }

  finish(): History {
    const { epochs, steps, samples, seconds, stopped } = this;
    return {
      logs: Object.fromEntries(this.#logs),
      learningRates: Object.fromEntries([...this.#rates].map(([name, calls]) => [name, calls.flat()])),
      epochs,
      steps,
      samples,
      seconds,
      stopped,
      samplesPerSecond: seconds > 0 ? samples / seconds : 0,
    };
  }
}

function append<T>(to: Map<string, T[]>, more: Readonly<Record<string, T>>): void {
  for (const [name, value] of Object.entries(more)) {
    const values = to.get(name) ?? [];
    values.push(value);
    to.set(name, values);
  }
}
