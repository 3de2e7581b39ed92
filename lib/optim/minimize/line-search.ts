import { drop, type Trial } from './objective.js';

export interface LineSearchOptions {
  /** c₁ of the sufficient decrease. */
  readonly decrease: number;
  /** c₂ of the strong curvature condition. */
  readonly curvature: number;
  /** Relative rounding error of a value: a smaller difference says nothing, and the slope decides. */
  readonly noise: number;
}

/** One end of an interval: a trial without its tensors. */
type Bound = Pick<Trial, 'step' | 'value' | 'slope'>;

const mostTrials = 60;

/**
 * A step that meets the strong Wolfe conditions (Nocedal & Wright, algorithms 3.5 and 3.6): first the interval grows until it holds such a step, then it
 * shrinks around one by cubic interpolation. Values that are not finite count as too high. Where rounding hides the decrease, the slope has to show it
 * (Hager & Zhang 2005). Without such a step: the lowest point that decreases enough, else undefined. −∞ is returned at once.
 */
export async function strongWolfe(
  evaluate: (step: number) => Promise<Trial>,
  start: Bound,
  firstStep: number,
  { decrease, curvature, noise }: LineSearchOptions,
): Promise<Trial | undefined> {
  const decreases = ({ step, value }: Bound): boolean =>
    value < start.value && value <= start.value + decrease * step * start.slope;
  const isLost = ({ value }: Bound): boolean => Math.abs(value - start.value) <= noise * Math.abs(start.value);
  const accepts = (trial: Bound): boolean =>
    Math.abs(trial.slope) <= -curvature * start.slope && (decreases(trial) || isLost(trial));
  let low: Bound = start;
  let high: Bound | undefined;
  let lowest: Trial | undefined;
  let step = firstStep;
  for (let trials = 0; trials < mostTrials; trials++) {
    const trial = await evaluate(step);
    if (trial.value === -Infinity || accepts(trial)) {
      if (lowest) drop(lowest.point);
      return trial;
    }
    const isLowest = decreases(trial) && !(lowest && trial.value >= lowest.value);
    const bound: Bound = { step, value: trial.value, slope: trial.slope };
    if ((isLowest || isLost(trial)) && Number.isFinite(trial.slope)) {
      if (trial.slope * (high ? high.step - low.step : 1) >= 0) high = low;
      low = bound;
    } else {
      high = bound;
    }
    const worse: Trial | undefined = isLowest ? lowest : trial;
    if (worse) drop(worse.point);
    if (isLowest) lowest = trial;
    const next: number = high ? inside(low, high) : beyond(low, trials);
    if (next === low.step || next === high?.step || !Number.isFinite(next)) break;
    step = next;
  }
  return lowest;
}

/** Farther along a line that still falls: tenfold, and after some such steps by so much that the ends of a float64 come before those of the trials. */
function beyond(low: Bound, trials: number): number {
  return Math.min(Number.MAX_VALUE, (trials < 8 ? 10 : 1e8) * low.step);
}

/** A step inside of the interval: the cubic's minimum, kept a tenth of the interval away from its ends. */
function inside(low: Bound, high: Bound): number {
  const width = high.step - low.step;
  if (!Number.isFinite(high.value) || !Number.isFinite(high.slope)) return low.step + 0.1 * width;
  const minimum = cubicMinimum(low, high);
  const place = (minimum - low.step) / width;
  return Number.isFinite(place) ? low.step + width * Math.min(0.9, Math.max(0.1, place)) : low.step + 0.5 * width;
}

/** Where the cubic through both values with both slopes is lowest (Nocedal & Wright 3.59); NaN if nowhere. */
export function cubicMinimum(a: Bound, b: Bound): number {
  const d1 = a.slope + b.slope - (3 * (a.value - b.value)) / (a.step - b.step);
  const d2 = Math.sign(b.step - a.step) * Math.sqrt(d1 * d1 - a.slope * b.slope);
  return b.step - (b.step - a.step) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
}
