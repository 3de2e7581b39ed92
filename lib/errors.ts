/** What can go wrong, as a word that programs can test: `error.code`. */
export type ErrorCode =
  | 'shape'
  | 'dtype'
  | 'option'
  | 'data'
  | 'label'
  | 'trace'
  | 'disposed'
  | 'busy'
  | 'divergence'
  | 'format'
  | 'file'
  | 'abort'
  | 'addon'
  | 'memory'
  | 'internal';

export interface ErrorDetails {
  /** What to do about it, where there is a known fix. */
  readonly help?: string;
  readonly cause?: unknown;
}

/** Every error of this library. The message says where, what was expected and what came. */
export class RavineError extends Error {
  override readonly name: string = 'RavineError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, where: string, message: string, details: ErrorDetails = {}) {
    const help = details.help === undefined ? '' : `\nhelp: ${details.help}`;
    super(`[${where}] ${message}${help}`, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
  }
}

/** The loss stopped being finite. Parameters and optimiser state are those after the last whole step. */
export class DivergenceError extends RavineError {
  override readonly name = 'DivergenceError';

  constructor(
    where: string,
    message: string,
    /** Steps that were applied, counted from the model's first. */
    readonly step: number,
    readonly learningRate: number,
    /** The path of the first layer that gave NaN or infinity, or `network`, or `loss` if no layer did; undefined for streams. */
    readonly layer?: string,
  ) {
    super('divergence', where, message, { help: 'lower the learning rate, or look at the data of this batch' });
  }
}

/** A fit was ended by its `AbortSignal`. State is that after the last whole step; the next fit goes on from there. */
export class AbortError extends RavineError {
  override readonly name = 'AbortError';

  constructor(
    where: string,
    readonly step: number,
    cause: unknown,
  ) {
    super('abort', where, `aborted after step ${step}`, { cause });
  }
}

/** A condition that only a fault of this library can break. */
export function internal(condition: boolean, message: string): asserts condition {
  if (!condition) throw new RavineError('internal', 'ravine', `internal: ${message}`);
}

/** A short, safe rendering of what came, for messages. */
export function describe(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === 'function') return `function ${value.name || '(anonymous)'}`;
  if (typeof value === 'bigint') return `${value}n`;
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return `an array of ${value.length}`;
  const name = value.constructor?.name ?? 'Object';
  return ArrayBuffer.isView(value) ? `${name}(${'length' in value ? String(value.length) : value.byteLength})` : `a ${name}`;
}
