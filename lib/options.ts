import { RavineError, describe } from './errors.js';

/** Checks of options: each answers by name, with what was expected and what came. */

function fail(where: string, name: string, expected: string, value: unknown, help?: string): never {
  const message = `expected ${name} to be ${expected}, got ${describe(value)}`;
  throw new RavineError('option', where, message, help === undefined ? {} : { help });
}

/** What PyTorch, Keras and SciPy call it, too far from our name to be a slip. */
const elsewhere = new Map<string, readonly string[]>([
  ['lr', ['learningRate']],
  ['eps', ['epsilon']],
  ['betas', ['beta1', 'beta2']],
  ['gamma', ['factor']],
  ['milestones', ['boundaries']],
  ['t_max', ['over']],
  ['total_steps', ['over']],
  ['num_warmup_steps', ['duration']],
  ['maxiter', ['maxIterations']],
  ['max_iter', ['maxIterations']],
  ['gtol', ['gradientTolerance']],
  ['tol', ['tolerance', 'gradientTolerance']],
  ['xtol', ['stepTolerance']],
  ['ftol', ['valueTolerance']],
  ['history_size', ['memory']],
  ['validation_data', ['validation']],
  ['validationdata', ['validation']],
]);

/** Refuses names that are not among `known`, and suggests the nearest. */
export function checkNames(where: string, options: object | undefined, known: readonly string[]): void {
  if (options === undefined) return;
  if (typeof options !== 'object' || options === null || Array.isArray(options)) fail(where, 'options', 'an object', options);
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const same = elsewhere.get(name.toLowerCase())?.filter((other) => known.includes(other)) ?? [];
    const near = nearest(name, known);
    const meant = same.length > 0 || near === undefined ? same : [near];
    throw new RavineError('option', where, `unknown option '${name}'`, {
      help: meant.length === 0 ? `known options: ${known.join(', ')}` : `did you mean '${meant.join("' and '")}'?`,
    });
  }
}

export function positiveInteger(where: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) fail(where, name, 'a positive integer', value);
  return value;
}

export function nonNegativeInteger(where: string, name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) fail(where, name, 'an integer ≥ 0', value);
  return value;
}

/** A finite number in [low, high], or [low, high) with `open`. */
export function numberIn(where: string, name: string, value: unknown, low: number, high = Infinity, open = false): number {
  const inside = typeof value === 'number' && Number.isFinite(value) && value >= low && (open ? value < high : value <= high);
  if (!inside) {
    const range = high === Infinity ? `a finite number ≥ ${low}` : `a number in [${low}, ${high}${open ? ')' : ']'}`;
    fail(where, name, range, value);
  }
  return value;
}

export function boolean(where: string, name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') fail(where, name, 'true or false', value);
  return value;
}

export function oneOf<T extends string>(where: string, name: string, value: unknown, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) {
    const near = typeof value === 'string' ? nearest(value.replace(/[^a-z0-9+]/gi, ''), choices) : undefined;
    const help = near === undefined ? undefined : `did you mean '${near}'?`;
    fail(where, name, choices.map((choice) => `'${choice}'`).join(' or '), value, help);
  }
  return found;
}

/** undefined passes, as everything that may be left out. */
export function optionalFunction<T>(where: string, name: string, value: T | undefined): T | undefined {
  if (value !== undefined && typeof value !== 'function') fail(where, name, 'a function', value);
  return value;
}

export function checkSignal(where: string, signal: AbortSignal | undefined): AbortSignal | undefined {
  if (signal !== undefined && !(signal instanceof AbortSignal)) fail(where, 'signal', 'an AbortSignal', signal);
  return signal;
}

/** The known name within two edits of `name`, if there is one. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 3;
  for (const candidate of known) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

/** Levenshtein's distance, row by row. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
