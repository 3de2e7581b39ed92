/** Plain float64 versions of what native/sparse_*.cpp does, row by row, over dense rows. */

export interface Problem {
  readonly rows: number[][];
  readonly labels: number[];
}

/** A reproducible stream of numbers in [0, 1): a 32-bit linear congruence, the high bits. */
export function random(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Rows of length 1 with about `filled` numbers that are not 0, labelled by a planted model; a tenth of the labels are wrong. */
export function planted(count: number, columns: number, classes = 2, filled = 6, seed = 1): Problem {
  const next = random(seed);
  const models = Array.from({ length: classes }, () => Array.from({ length: columns }, () => next() - 0.5));
  const rows = Array.from({ length: count }, () => {
    const row = new Array<number>(columns).fill(0);
    for (let i = 0; i < filled; i++) row[Math.floor(next() ** 2 * columns)] = Math.fround(next() + 0.1);
    const length = Math.hypot(...row);
    return row.map((value) => Math.fround(value / length));
  });
  const labels = rows.map((row) => {
    const scores = models.map((model) => dot(model, row));
    return next() < 0.1 ? Math.floor(next() * classes) : scores.indexOf(Math.max(...scores));
  });
  return { rows, labels };
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
}

export type LossName = 'hinge' | 'squaredHinge' | 'log';

export function lossOf(loss: LossName, z: number): number {
  if (loss === 'hinge') return Math.max(0, 1 - z);
  if (loss === 'squaredHinge') return Math.max(0, 1 - z) ** 2;
  return z < -30 ? -z : Math.log1p(Math.exp(-z));
}

export function pullOf(loss: LossName, z: number): number {
  if (loss === 'hinge') return z <= 1 ? 1 : 0;
  if (loss === 'squaredHinge') return z < 1 ? 2 * (1 - z) : 0;
  return 1 / (1 + Math.exp(z));
}

export interface SgdSettings {
  readonly loss: LossName;
  readonly alpha: number;
  readonly l1Ratio?: number;
  readonly eta0: number;
  readonly epochs: number;
  /** Step from which on the weights are averaged. */
  readonly averageFrom?: number;
  readonly multinomial?: boolean;
}

/** One output a class, or a single one for two classes. */
export function sgd(
  { rows, labels }: Problem,
  outputs: number,
  settings: SgdSettings,
): { weights: number[][]; intercepts: number[] } {
  const { loss, alpha, l1Ratio = 0, eta0, epochs, averageFrom, multinomial = false } = settings;
  const columns = rows[0]?.length ?? 0;
  const zeros = (): number[][] => Array.from({ length: outputs }, () => new Array<number>(columns).fill(0));
  const [w, mean, q] = [zeros(), zeros(), zeros()];
  const b = new Array<number>(outputs).fill(0);
  const meanB = [...b];
  let due = 0;
  let t = 0;
  const clip = (k: number, j: number): void => {
    const before = w[k]![j]!;
    if (before > 0) w[k]![j] = Math.max(0, before - (due + q[k]![j]!));
    else if (before < 0) w[k]![j] = Math.min(0, before + (due - q[k]![j]!));
    q[k]![j]! += w[k]![j]! - before;
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    rows.forEach((row, i) => {
      const base = 1 + alpha * eta0 * t;
      const eta = averageFrom === undefined ? eta0 / base : eta0 / base ** 0.75;
      const scores = w.map((weights, k) => dot(weights, row) + b[k]!);
      const pulls = multinomial ? softmaxPulls(scores, labels[i]!) : restPulls(loss, scores, labels[i]!);
      due += l1Ratio * eta * alpha;
      for (let k = 0; k < outputs; k++) {
        for (let j = 0; j < columns; j++) w[k]![j] = w[k]![j]! * (1 - eta * alpha * (1 - l1Ratio)) + eta * pulls[k]! * row[j]!;
        b[k]! += eta * 0.01 * pulls[k]!;
        if (l1Ratio > 0) row.forEach((value, j) => value !== 0 && clip(k, j));
        if (averageFrom === undefined) continue;
        const mu = t >= averageFrom ? 1 / (1 + t - averageFrom) : 1;
        for (let j = 0; j < columns; j++) mean[k]![j]! += mu * (w[k]![j]! - mean[k]![j]!);
        meanB[k]! += mu * (b[k]! - meanB[k]!);
      }
      t++;
    });
    if (l1Ratio > 0) for (let k = 0; k < outputs; k++) for (let j = 0; j < columns; j++) clip(k, j);
  }
  return averageFrom === undefined ? { weights: w, intercepts: b } : { weights: mean, intercepts: meanB };
}

function restPulls(loss: LossName, scores: number[], label: number): number[] {
  return scores.map((score, k) => {
    const y = (scores.length === 1 ? label === 1 : label === k) ? 1 : -1;
    return y * pullOf(loss, y * score);
  });
}

function softmaxPulls(scores: number[], label: number): number[] {
  const most = Math.max(...scores);
  const parts = scores.map((score) => Math.exp(score - most));
  const sum = parts.reduce((a, c) => a + c, 0);
  return parts.map((part, k) => (k === label ? 1 : 0) - part / sum);
}

/** (1/N) Σ l + α/2 (‖w‖² + b²) of a model for two classes. */
export function objective(
  { rows, labels }: Problem,
  loss: LossName,
  alpha: number,
  w: number[],
  b: number,
  withIntercept = true,
): number {
  const losses = rows.map((row, i) => lossOf(loss, (labels[i] === 1 ? 1 : -1) * (dot(w, row) + b)));
  return losses.reduce((sum, value) => sum + value, 0) / rows.length + (alpha / 2) * (dot(w, w) + (withIntercept ? b * b : 0));
}
