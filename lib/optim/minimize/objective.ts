import { RavineError } from '../../errors.js';
import type { Tensor } from '../../ir/tensor.js';
import { tensor } from '../../ops/create.js';
import { add, mul, sqrt, square } from '../../ops/elementwise.js';
import { sum } from '../../ops/reduce.js';
import { hessian, jit, valueAndGrad } from '../../runtime/index.js';
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

/** The function that is minimised, compiled; it counts its calls. */
export class Objective {
  readonly #count = { gradient: 0, hessian: 0, hvp: 0 };
  readonly #at;
  readonly #along;
  readonly #hessian;
  readonly #slope = jit(dot);

  constructor(readonly f: Scalar) {
    const measured = (x: Tensor) => {
      const [value, gradient] = valueAndGrad(f)(x);
      return { x, value, gradient, norm: norm(gradient) };
    };
    this.#at = jit(measured);
    this.#along = jit((x: Tensor, direction: Tensor, step: Tensor) => {
      const move = mul(direction, step);
      const point = measured(add(x, move));
      return { point, slope: dot(point.gradient, direction), length: norm(move), size: norm(point.x) };
    });
    this.#hessian = jit(hessian(f));
  }

  get evaluations(): Evaluations {
    return { ...this.#count };
  }

  /** Counts a Hessian-vector product that a method has in a program of its own. */
  countProduct(): void {
    this.#count.hvp++;
  }

  async at(x: Tensor): Promise<Point> {
    this.#count.gradient++;
    return read(await this.#at(x));
  }

  /** x + step·direction */
  async along(x: Tensor, direction: Tensor, step: number): Promise<Trial> {
    this.#count.gradient++;
    const factor = tensor(step, { dtype: x.dtype });
    const { point, slope, length, size } = await this.#along(x, direction, factor);
    factor.dispose();
    const end = read(point);
    return { step, value: end.value, point: end, slope: take(slope), length: take(length), size: take(size) };
  }

  async hessian(x: Tensor): Promise<Tensor> {
    this.#count.hessian++;
    return this.#hessian(x);
  }

  async slope(gradient: Tensor, direction: Tensor): Promise<number> {
    return take(await this.#slope(gradient, direction));
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
