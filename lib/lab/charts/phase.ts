import { RavineError, describe } from '../../errors.js';
import { positiveInteger } from '../../options.js';
import type { MomentumDynamics } from '../momentum.js';
import { render } from './echarts.js';
import { checkChart, checkNumbers, type ChartOptions } from './options.js';
import { scaleFor } from './scale.js';
import { axis, colorOf, frame, marginsFor } from './style.js';

export interface PhasePortraitOptions extends ChartOptions {
  /** Of `momentumDynamics`. */
  readonly dynamics: MomentumDynamics;
  /** Where trajectories begin, [v, w] each. Default: eight around the origin, w in [−1, 1]. */
  readonly starts?: readonly (readonly [number, number])[];
  /** Default 40. */
  readonly steps?: number;
}

const where = 'lab.phasePortrait';

/** Beyond this many times the farthest start trajectories are cut off. */
const reach = 2;

/**
 * Momentum on one eigenvalue: trajectories (v, w) ← M(v, w), w to the right and v up, a dot a step and a ring at the start; real eigenvectors are dashed. As
 * an SVG.
 */
export async function phasePortrait(options: PhasePortraitOptions): Promise<string> {
  const size = checkChart(where, options, ['dynamics', 'starts', 'steps'], { width: 520, height: 480 });
  const { dynamics } = options;
  if (typeof dynamics !== 'object' || dynamics === null || !Array.isArray(dynamics.matrix))
    throw new RavineError('option', where, `expected dynamics, got ${describe(dynamics)}`, {
      help: 'dynamics: lab.momentumDynamics(α, β, λ)',
    });
  const starts = options.starts?.map((start, i) => Array.from(checkNumbers(where, `starts[${i}]`, start, 2))) ?? around(dynamics);
  const steps = positiveInteger(where, 'steps', options.steps ?? 40);
  const bounds = boundsOf(dynamics, starts);
  const paths = starts.map((start) => trajectory(dynamics, start, steps, bounds));
  const [x, y] = [0, 1].map((side) => {
    const most = Math.max(...paths.flat().map((point) => Math.abs(point[side] ?? 0)));
    const end = 1.08 * Math.min(most, bounds[side] ?? most);
    return scaleFor({ min: -end, max: end }, [], 0);
  });
  if (!x || !y) return '';
  const title = options.title ?? describeDynamics(dynamics);
  const option = {
    ...frame({ title }, marginsFor({ title })),
    xAxis: axis(x, 'x', 'w'),
    yAxis: axis(y, 'y', 'v'),
    series: [
      ...eigenvectors(dynamics, x.max, y.max).map((data) => ({
        type: 'line' as const,
        silent: true,
        showSymbol: false,
        data,
        lineStyle: { width: 1.2, type: 'dashed' as const, color: '#777' },
      })),
      ...paths.map((data, i) => {
        const color = colorOf(i);
        return {
          type: 'line' as const,
          silent: true,
          data,
          color,
          symbol: 'circle',
          showSymbol: true,
          symbolSize: 4,
          lineStyle: { width: 1, color, opacity: 0.65 },
        };
      }),
      {
        type: 'scatter' as const,
        silent: true,
        symbolSize: 9,
        data: starts.map(([v, w]) => [w, v]),
        itemStyle: { color: '#fff', borderColor: '#222', borderWidth: 1.5 },
        z: 4,
      },
    ],
  };
  return render(where, option, size);
}

/** Of w and of v, which energy ½v² + ½αλw² turns into each other. */
function boundsOf({ matrix }: MomentumDynamics, starts: readonly (readonly number[])[]): [number, number] {
  const scale = Math.sqrt(Math.abs(matrix[0][1])) || 1;
  const farthest = Math.max(...starts.map(([v = 0, w = 0]) => Math.hypot(v / scale, w))) || 1;
  return [reach * farthest, reach * farthest * scale];
}

/** w = cos, v = √|αλ|·sin: of one energy. */
function around({ matrix }: MomentumDynamics): number[][] {
  const scale = Math.sqrt(Math.abs(matrix[0][1])) || 1;
  return Array.from({ length: 8 }, (_, i) => [scale * Math.sin((Math.PI * i) / 4), Math.cos((Math.PI * i) / 4)]);
}

/** [w, v] a step, to the first that has left. */
function trajectory(
  { matrix: [[a, b], [c, d]] }: MomentumDynamics,
  start: readonly number[],
  steps: number,
  bounds: readonly number[],
): [number, number][] {
  let [v = 0, w = 0] = start;
  const points: [number, number][] = [[w, v]];
  for (let t = 0; t < steps; t++) {
    if (Math.abs(w) > (bounds[0] ?? Infinity) || Math.abs(v) > (bounds[1] ?? Infinity)) break;
    [v, w] = [a * v + b * w, c * v + d * w];
    points.push([w, v]);
  }
  return points;
}

/** Of the real eigenvalues σ of [[β, −αλ], [β, 1 − αλ]]: (v, w) along (αλ, β − σ), from edge to edge. */
function eigenvectors(
  { matrix: [[beta, minusStep]], eigenvalues }: MomentumDynamics,
  width: number,
  height: number,
): number[][][] {
  return eigenvalues
    .filter(({ im }) => im === 0)
    .flatMap(({ re }) => {
      const [v, w] = [-minusStep, beta - re];
      const length = Math.min(width / Math.abs(w), height / Math.abs(v));
      return Number.isFinite(length)
        ? [
            [
              [-length * w, -length * v],
              [length * w, length * v],
            ],
          ]
        : [];
    });
}

function describeDynamics({ regime, rate, doubleRoot, matrix: [[beta, minusStep]] }: MomentumDynamics): string {
  const digits = (value: number): string => String(Number(value.toPrecision(3)));
  return `${regime}${doubleRoot ? ', double root' : ''}: αλ = ${digits(-minusStep)}, β = ${digits(beta)}, rate ${digits(rate)}`;
}
