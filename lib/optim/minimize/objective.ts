import { RavineError, internal } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { tensor } from '../../ops/create.js';
import { add, mul, sqrt, square } from '../../ops/elementwise.js';
import { sum } from '../../ops/reduce.js';
import { hessian, hvp, jit, valueAndGrad } from '../../runtime/index.js';
import type { Evaluations } from './result.js';

export type Scalar = (x: Tensor) => Tensor;

export interface Point {
  readonly x: Tensor;
  readonly value: number;
  readonly gradient: Tensor;
  readonly gradientNorm: number;
}

/** A point on a line. */
export interface Trial {
  readonly step: number;
  readonly value: number;
  /** ∇f·d */
  readonly slope: number;
  readonly point: Point;
  /** ‖step·d‖ and ‖x‖ */
  readonly length: number;
  readonly size: number;
}

export function dot(a: Tensor, b: Tensor): Tensor {
  return sum(mul(a, b));
}

export function norm(x: Tensor): Tensor {
  return sqrt(sum(square(x)));
}

/** A term of a sum over parts of data: the part's own tensors come after x. */
export type Term = (x: Tensor, ...part: readonly Tensor[]) => Tensor;

/** The function that is minimised, compiled; it counts its calls. With several parts it is the sum of the term over them, one at a time in memory. */
export class Objective {
  readonly #count = { gradient: 0, hessian: 0, hvp: 0 };
  readonly #at;
  readonly #along;
  readonly #term;
  readonly #hessian;
  readonly #product;
  readonly #add = jit((a: Tensor, b: Tensor) => add(a, b));
  readonly #norm = jit(norm);
  readonly #move = jit((x: Tensor, direction: Tensor, step: Tensor) => {
    const move = mul(direction, step);
    const end = add(x, move);
    return { x: end, length: norm(move), size: norm(end) };
  });
  readonly #slope = jit(dot);

  constructor(
    f: Term,
    readonly parts: readonly (readonly Tensor[])[] = [[]],
  ) {
    const measured = (x: Tensor, ...part: Tensor[]) => {
      const [value, gradient] = valueAndGrad((at: Tensor) => f(at, ...part))(x);
      return { x, value, gradient, norm: norm(gradient) };
    };
    this.#at = jit(measured);
    this.#term = jit((x: Tensor, ...part: Tensor[]) => {
      const { value, gradient } = measured(x, ...part);
      return { value, gradient };
    });
    this.#along = jit((x: Tensor, direction: Tensor, step: Tensor, ...part: Tensor[]) => {
      const move = mul(direction, step);
      const point = measured(add(x, move), ...part);
      return { point, slope: dot(point.gradient, direction), length: norm(move), size: norm(point.x) };
    });
    this.#hessian = jit((x: Tensor, ...part: Tensor[]) => hessian((at) => f(at, ...part))(x));
    this.#product = jit((x: Tensor, direction: Tensor, ...part: Tensor[]) => hvp((at) => f(at, ...part), x, direction));
  }

  get evaluations(): Evaluations {
    return { ...this.#count };
  }

  async at(x: Tensor): Promise<Point> {
    this.#count.gradient++;
    const [part, ...others] = this.parts;
    if (others.length === 0) return read(await this.#at(x, ...(part ?? [])));
    const { value, gradient } = await this.#measure(x);
    return { x, value, gradient, gradientNorm: take(await this.#norm(gradient)) };
  }

  /** x + step·direction */
  async along(x: Tensor, direction: Tensor, step: number): Promise<Trial> {
    const factor = tensor(step, { dtype: x.dtype });
    try {
      return await this.#alongBy(x, direction, step, factor);
    } finally {
      factor.dispose();
    }
  }

  async #alongBy(x: Tensor, direction: Tensor, step: number, factor: Tensor): Promise<Trial> {
    const [part, ...others] = this.parts;
    if (others.length === 0) {
      this.#count.gradient++;
      const { point, slope, length, size } = await this.#along(x, direction, factor, ...(part ?? []));
      const end = read(point);
      return { step, value: end.value, point: end, slope: take(slope), length: take(length), size: take(size) };
    }
    const { x: to, length, size } = await this.#move(x, direction, factor);
    const point = await this.at(to);
    const slope = await this.slope(point.gradient, direction);
    return { step, value: point.value, point, slope, length: take(length), size: take(size) };
  }

  async hessian(x: Tensor): Promise<Tensor> {
    this.#count.hessian++;
    return this.#sum((part) => this.#hessian(x, ...part));
  }

  /** ∇²f(x)·direction */
  async product(x: Tensor, direction: Tensor): Promise<Tensor> {
    this.#count.hvp++;
    return this.#sum((part) => this.#product(x, direction, ...part));
  }

  async slope(gradient: Tensor, direction: Tensor): Promise<number> {
    return take(await this.#slope(gradient, direction));
  }

  /** Values are added in double. */
  async #measure(x: Tensor): Promise<{ value: number; gradient: Tensor }> {
    let total = 0;
    const gradient = await this.#sum(async (part) => {
      const { value, gradient: own } = await this.#term(x, ...part);
      total += take(value);
      return own;
    });
    return { value: total, gradient };
  }

  async #sum(term: (part: readonly Tensor[]) => Promise<Tensor>): Promise<Tensor> {
    let sum: Tensor | undefined;
    for (const part of this.parts) {
      const next = await term(part);
      if (!sum) {
        sum = next;
        continue;
      }
      const both = await this.#add(sum, next);
      sum.dispose();
      next.dispose();
      sum = both;
    }
    internal(sum !== undefined, 'a sum of nothing');
    return sum;
  }
}

/** A scalar's number; its memory is freed. */
export function take(scalar: Tensor): number {
  const number = scalar.item();
  scalar.dispose();
  return number;
}

function read(point: { x: Tensor; value: Tensor; gradient: Tensor; norm: Tensor }): Point {
  return { x: point.x, gradient: point.gradient, value: take(point.value), gradientNorm: take(point.norm) };
}

export function drop(point: Point): void {
  point.x.dispose();
  point.gradient.dispose();
}

/** Refuses a start at which nothing can be compared. */
export function checkStart({ value, gradientNorm }: Point): void {
  if (Number.isFinite(value) && Number.isFinite(gradientNorm)) return;
  throw new RavineError(
    'data',
    'minimize',
    `expected a finite value and gradient at x0, got ${value} and a gradient of norm ${gradientNorm}`,
    {
      help: 'start inside of the function’s domain',
    },
  );
}
