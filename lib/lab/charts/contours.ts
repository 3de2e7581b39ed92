import type { Field } from './field.js';

export type Point = readonly [number, number];

/**
 * Lines where the field is `level`, by marching squares: crossings are interpolated along the grid's edges, and followed from cell to cell. A closed line
 * ends where it began. Cells with a corner that is not finite have none.
 */
export function contourLines(field: Field, level: number): Point[][] {
  const crossings = new Crossings(field, level);
  const neighbours = new Map<number, number[]>();
  const join = (a: number, b: number): void => {
    neighbours.set(a, [...(neighbours.get(a) ?? []), b]);
    neighbours.set(b, [...(neighbours.get(b) ?? []), a]);
  };
  for (let row = 0; row + 1 < field.y.length; row++)
    for (let column = 0; column + 1 < field.x.length; column++)
      for (const [a, b] of crossings.segmentsOf(row, column)) join(a, b);
  // Open lines first, from their ends; what is left is closed.
  const ends = [...neighbours].filter(([, next]) => next.length === 1).map(([edge]) => edge);
  const seen = new Set<number>();
  return [...ends, ...neighbours.keys()].flatMap((edge) => {
    if (seen.has(edge)) return [];
    const line = follow(edge, neighbours, seen);
    return line.length > 1 ? [line.map((at) => crossings.pointOn(at))] : [];
  });
}

function follow(start: number, neighbours: ReadonlyMap<number, number[]>, seen: Set<number>): number[] {
  const line = [start];
  seen.add(start);
  for (let at: number | undefined = start; at !== undefined;) {
    const next: number | undefined = neighbours.get(at)?.find((edge) => !seen.has(edge));
    if (next !== undefined) {
      line.push(next);
      seen.add(next);
    } else if (line.length > 2 && neighbours.get(at)?.includes(start)) line.push(start);
    at = next;
  }
  return line;
}

/** Edges of the grid by number: those along x first, row by row, then those along y. */
class Crossings {
  readonly #columns: number;
  readonly #along: number;

  constructor(
    readonly field: Field,
    readonly level: number,
  ) {
    this.#columns = field.x.length;
    this.#along = this.#columns * field.y.length;
  }

  /** Pairs of edges of one cell that a line joins. */
  segmentsOf(row: number, column: number): [number, number][] {
    const corners = [this.#at(row, column), this.#at(row, column + 1), this.#at(row + 1, column + 1), this.#at(row + 1, column)];
    if (!corners.every(Number.isFinite)) return [];
    const above = corners.map((value) => value >= this.level);
    const here = row * this.#columns + column;
    // Below, right, above, left: each lies between a corner and the next.
    const edges = [here, this.#along + here + 1, here + this.#columns, this.#along + here];
    const crossed = edges.filter((_, i) => above[i] !== above[(i + 1) % 4]);
    const [a, b, c, d] = crossed;
    if (a === undefined || b === undefined) return [];
    if (c === undefined || d === undefined) return [[a, b]];
    // A saddle: the middle's side of the level is joined.
    const middle = corners.reduce((sum, value) => sum + value, 0) / 4 >= this.level;
    return middle === above[0]
      ? [
          [a, b],
          [c, d],
        ]
      : [
          [a, d],
          [b, c],
        ];
  }

  pointOn(edge: number): Point {
    const isAlongY = edge >= this.#along;
    const index = isAlongY ? edge - this.#along : edge;
    const [row, column] = [Math.floor(index / this.#columns), index % this.#columns];
    const [nextRow, nextColumn] = isAlongY ? [row + 1, column] : [row, column + 1];
    const [from, to] = [this.#at(row, column), this.#at(nextRow, nextColumn)];
    const t = (this.level - from) / (to - from);
    const between = (axis: ArrayLike<number>, i: number, j: number): number =>
      (axis[i] ?? NaN) + t * ((axis[j] ?? NaN) - (axis[i] ?? NaN));
    return [between(this.field.x, column, nextColumn), between(this.field.y, row, nextRow)];
  }

  #at(row: number, column: number): number {
    return this.field.values[row * this.#columns + column] ?? NaN;
  }
}

/** Levels between which equal shares of the field lie: lines spread over the whole picture, however many powers of ten the values span. */
export function evenLevels(values: ArrayLike<number>, count: number): number[] {
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite)).sort();
  const levels = Array.from({ length: count }, (_, i) => sorted[Math.floor(((i + 0.5) / count) * sorted.length)] ?? NaN);
  return [...new Set(levels)].filter(Number.isFinite);
}
