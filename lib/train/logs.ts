import type { Columns } from './columns.js';

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
export function logsOf(sums: ArrayLike<number>, samples: number, { means, metrics }: Columns, prefix = ''): Logs {
  let at = 0;
  return Object.fromEntries(
    [...means, ...metrics].map((column) => {
      const own = Array.from({ length: column.sums }, (_, i) => sums[at + i] ?? NaN);
      at += column.sums;
      return [`${prefix}${column.name}`, samples > 0 ? column.result(own, samples) : NaN];
    }),
  );
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
