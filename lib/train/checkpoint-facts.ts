import { RavineError, describe } from '../errors.js';
import { info } from '../runtime/info.js';
import { version } from '../runtime/version.js';
import type { Logs } from './logs.js';
import type { FitBegun, Position } from './position.js';

/** What a checkpoint holds beside tensors. */
export interface CheckpointFacts {
  readonly position: Position;
  /** Of the model. */
  readonly seed: number;
  /** The model's step at which each parameter that trains began to. */
  readonly births: Readonly<Record<string, number>>;
  readonly optimizer: { readonly name: string; readonly options: string };
  readonly machine: Machine;
}

/** What the bits of a step depend on, beside the program and its data. */
export interface Machine {
  readonly version: string;
  readonly isa: string;
  readonly gemm: string;
}

export function thisMachine(): Machine {
  const { isa, gemm } = info();
  return { version: version(), isa, gemm };
}

/** An option that is a function shows its name only. */
export function optionsText(options: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(options, (_, value: unknown) => (typeof value === 'function' ? describe(value) : value));
}

const notFinite: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity };

/** Doubles keep their bits in JSON, but for those that it has no words for. */
export function formatFacts(facts: CheckpointFacts): string {
  return JSON.stringify(facts, (_, value: unknown) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  );
}

export function parseFacts(where: string, path: string, text: string): CheckpointFacts {
  const fail = (what: string): never => {
    throw new RavineError('format', where, `${path}: expected a checkpoint with ${what}`);
  };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    return fail('facts in JSON');
  }
  const read = new Reader(root, fail);
  const position = read.child('position');
  const fit = position.optional('fit');
  const optimizer = read.child('optimizer');
  const machine = read.child('machine');
  return {
    position: {
      epoch: position.count('epoch'),
      batch: position.count('batch'),
      step: position.count('step'),
      sums: position.list('sums').map((value) => numberOf(value) ?? fail('sums that are numbers')),
      fit: fit && begunOf(fit),
      logs: position.list('logs').map((logs) => new Reader(logs, fail).numbers()),
    },
    seed: read.count('seed'),
    births: read.child('births').numbers(),
    optimizer: { name: optimizer.text('name'), options: optimizer.text('options') },
    machine: { version: machine.text('version'), isa: machine.text('isa'), gemm: machine.text('gemm') },
  };
}

function begunOf(fit: Reader): FitBegun {
  return { epoch: fit.count('epoch'), step: fit.count('step'), logged: fit.count('logged'), facts: fit.child('facts').plain() };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : typeof value === 'string' ? notFinite[value] : undefined;
}

/** An object of a file, whose entries are not trusted. */
class Reader {
  readonly #entries: ReadonlyMap<string, unknown>;

  constructor(
    value: unknown,
    private readonly fail: (what: string) => never,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.fail('objects where they belong');
    this.#entries = new Map(Object.entries(value));
  }

  child(name: string): Reader {
    return new Reader(this.#entries.get(name), this.fail);
  }

  optional(name: string): Reader | undefined {
    return this.#entries.get(name) === undefined ? undefined : this.child(name);
  }

  /** A whole number ≥ 0. */
  count(name: string): number {
    const value = this.#entries.get(name);
    return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : this.fail(`a whole number ${name}`);
  }

  text(name: string): string {
    const value = this.#entries.get(name);
    return typeof value === 'string' ? value : this.fail(`a text ${name}`);
  }

  list(name: string): readonly unknown[] {
    const value = this.#entries.get(name);
    return Array.isArray(value) ? (value as unknown[]) : this.fail(`a list ${name}`);
  }

  numbers(): Logs {
    return Object.fromEntries(
      [...this.#entries].map(([name, value]) => [name, numberOf(value) ?? this.fail(`a number ${describe(name)}`)]),
    );
  }

  plain(): FitBegun['facts'] {
    return Object.fromEntries(
      [...this.#entries].map(([name, value]) =>
        typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
          ? [name, value]
          : this.fail(`a plain value ${describe(name)}`),
      ),
    );
  }
}
