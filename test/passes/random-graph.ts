import * as ops from '../../lib/ops/index.js';
import type { Tensor } from '../../lib/ir/tensor.js';
import { drawsFrom, type Draw } from '../seeded.js';

export type FloatType = 'float32' | 'float64';

/** A function of tensors that was put together at random, with inputs to try it on. */
export interface RandomGraph {
  readonly inputs: Tensor[];
  /** A line a step, for messages. */
  readonly text: string;
  /** The tensors that the steps leave; the last is a scalar, a loss of the others. */
  readonly run: (inputs: readonly Tensor[]) => Tensor[];
}

type Step = (pool: readonly Tensor[]) => Tensor;
/** Null where the pool has nothing that fits. */
type Maker = (pool: readonly Tensor[], draw: Draw) => { readonly text: string; readonly step: Step } | null;

function indexWhere(pool: readonly Tensor[], draw: Draw, fits: (x: Tensor) => boolean): number | null {
  const found = pool.flatMap((x, i) => (fits(x) ? [i] : []));
  return found.length === 0 ? null : draw.pick(found);
}

const unaries: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  tanh: ops.tanh,
  sigmoid: ops.sigmoid,
  relu: ops.relu,
  neg: ops.neg,
  square: ops.square,
  abs: ops.abs,
  sin: ops.sin,
  erf: ops.erf,
  softplus: ops.softplus,
  gelu: (x) => ops.gelu(x),
  exp: (x) => ops.exp(ops.minimum(x, 2)),
  sqrt: (x) => ops.sqrt(ops.add(ops.square(x), 0.5)),
  log1p: (x) => ops.log1p(ops.square(x)),
  reciprocal: (x) => ops.reciprocal(ops.add(ops.square(x), 1)),
  clamp: (x) => ops.clamp(x, -0.7, 0.9),
  scale: (x) => ops.mul(x, 0.375),
  shift: (x) => ops.sub(1.25, x),
  scaleTwice: (x) => ops.mul(ops.mul(x, 3), 0.25),
};

const binaries: Readonly<Record<string, (a: Tensor, b: Tensor) => Tensor>> = {
  add: ops.add,
  sub: ops.sub,
  mul: ops.mul,
  maximum: ops.maximum,
  minimum: ops.minimum,
  div: (a, b) => ops.div(a, ops.add(ops.square(b), 1)),
  select: (a, b) => ops.select(ops.gt(a, b), ops.mul(a, 0.5), b),
};

const reductions: Readonly<Record<string, (x: Tensor, options: { axis: number; keepDims: boolean }) => Tensor>> = {
  sum: ops.sum,
  mean: ops.mean,
  max: ops.max,
  min: ops.min,
  logsumexp: ops.logsumexp,
  variance: ops.variance,
};

/** Whether two shapes broadcast together. */
function broadcasts(a: Tensor, b: Tensor): boolean {
  const rank = Math.min(a.rank, b.rank);
  return Array.from({ length: rank }, (_, i) => [a.shape.at(-1 - i), b.shape.at(-1 - i)]).every(
    ([p, q]) => p === q || p === 1 || q === 1,
  );
}

/** A value for each channel of an image. */
function scaleOf(x: Tensor): Tensor {
  return ops.tanh(ops.sum(x, { axis: [0, 1, 2] }));
}

const makers: Readonly<Record<string, Maker>> = {
  unary: (pool, draw) => {
    const [name, i] = [draw.pick(Object.keys(unaries)), draw.integer(pool.length)];
    return { text: `${name}(%${i})`, step: (at) => unaries[name]!(at[i]!) };
  },
  binary: (pool, draw) => {
    const [name, i] = [draw.pick(Object.keys(binaries)), draw.integer(pool.length)];
    const j = indexWhere(pool, draw, (x) => broadcasts(x, pool[i]!));
    if (j === null) return null;
    const [a, b] = draw.pick([
      [i, j],
      [j, i],
    ] as const);
    return { text: `${name}(%${a}, %${b})`, step: (at) => binaries[name]!(at[a]!, at[b]!) };
  },
  reduction: (pool, draw) => {
    const i = indexWhere(pool, draw, ({ rank }) => rank > 0);
    if (i === null) return null;
    const [name, axis, keepDims] = [draw.pick(Object.keys(reductions)), draw.integer(pool[i]!.rank), draw.pick([true, false])];
    return {
      text: `${name}(%${i}, axis ${axis}${keepDims ? ', kept' : ''})`,
      step: (at) => reductions[name]!(at[i]!, { axis, keepDims }),
    };
  },
  matmul: (pool, draw) => {
    const [transposeA, transposeB] = [draw.pick([true, false]), draw.pick([true, false])];
    const i = indexWhere(pool, draw, ({ rank }) => rank === 2);
    if (i === null) return null;
    const depth = pool[i]!.shape[transposeA ? 0 : 1];
    const j = indexWhere(pool, draw, ({ rank, shape }) => rank === 2 && shape[transposeB ? 1 : 0] === depth);
    if (j === null) return null;
    return {
      text: `matmul(%${i}${transposeA ? 'ᵀ' : ''}, %${j}${transposeB ? 'ᵀ' : ''})`,
      step: (at) => ops.matmul(at[i]!, at[j]!, { transposeA, transposeB }),
    };
  },
  linear: (pool, draw) => {
    const i = indexWhere(pool, draw, ({ rank }) => rank === 2);
    if (i === null) return null;
    const j = indexWhere(pool, draw, ({ rank, shape }) => rank === 2 && shape[0] === pool[i]!.shape[1]);
    if (j === null) return null;
    const k = indexWhere(pool, draw, ({ rank, shape }) => rank === 1 && shape[0] === pool[j]!.shape[1]);
    if (k === null) return null;
    const active = draw.pick([true, false]);
    return {
      text: `${active ? 'relu ' : ''}linear(%${i}, %${j}, %${k})`,
      step: (at) => {
        const y = ops.add(ops.matmul(at[i]!, at[j]!), at[k]!);
        return active ? ops.relu(y) : y;
      },
    };
  },
  rows: (pool, draw) => {
    const i = indexWhere(pool, draw, ({ rank }) => rank > 0);
    if (i === null) return null;
    const rules: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      softmax: (x) => ops.softmax(x),
      logSoftmax: (x) => ops.logSoftmax(x),
      layerNorm: (x) => ops.layerNorm(x),
      rmsNorm: (x) => ops.rmsNorm(x),
      cumsum: (x) => ops.cumsum(x, -1),
      flip: (x) => ops.flip(x, -1),
    };
    const name = draw.pick(Object.keys(rules));
    return { text: `${name}(%${i})`, step: (at) => rules[name]!(at[i]!) };
  },
  movement: (pool, draw) => {
    const i = indexWhere(pool, draw, ({ rank }) => rank > 1);
    if (i === null) return null;
    const { shape, rank } = pool[i]!;
    const turned = Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
    const axis = draw.integer(rank);
    const starts = shape.map((_, place) => (place === axis && shape[axis]! > 1 ? 1 : 0));
    const rules: Readonly<Record<string, (x: Tensor) => Tensor>> = {
      transpose: (x) => ops.transpose(x, turned),
      reshape: (x) => ops.reshape(x, [-1]),
      slice: (x) => ops.slice(x, starts),
      concat: (x) => ops.concat([x, ops.neg(x)], axis),
      pad: (x) =>
        ops.pad(
          x,
          shape.map((_, place) => (place === axis ? [1, 0] : [0, 0])),
          0.5,
        ),
      stack: (x) => ops.stack([ops.mul(x, 0.5), x], axis),
      gather: (x) => ops.gather(x, ops.constant(shape[axis]! - 1, { dtype: 'int32', shape: [2] }), axis),
    };
    const name = draw.pick(Object.keys(rules));
    return { text: `${name}(%${i}, axis ${axis})`, step: (at) => rules[name]!(at[i]!) };
  },
  image: (pool, draw) => {
    const i = indexWhere(pool, draw, ({ rank, shape }) => rank === 4 && shape[1]! > 2 && shape[2]! > 2);
    if (i === null) return null;
    const w = indexWhere(
      pool,
      draw,
      ({ rank, shape }) => rank === 4 && shape[0] === 3 && shape[1] === 3 && shape[2] === pool[i]!.shape[3],
    );
    const rules: Readonly<Record<string, (at: readonly Tensor[]) => Tensor>> = {
      maxPool: (at) => ops.maxPool2d(at[i]!, 2),
      avgPool: (at) => ops.avgPool2d(at[i]!, 2, { stride: 1 }),
      upsample: (at) => ops.upsample(at[i]!, 2),
      groupNorm: (at) => ops.groupNorm(at[i]!, 1, 0.01),
      instanceNorm: (at) => ops.groupNorm(at[i]!, at[i]!.shape[3]!, 0.01, { scale: scaleOf(at[i]!), shift: scaleOf(at[i]!) }),
      batchNorm: (at) => ops.batchNorm(at[i]!, scaleOf(at[i]!), ops.neg(scaleOf(at[i]!)), { epsilon: 0.01 }).y,
      batchNormRelu: (at) => ops.relu(ops.batchNorm(at[i]!, scaleOf(at[i]!), scaleOf(at[i]!), { epsilon: 0.01 }).y),
      normalize: (at) => {
        const x = at[i]!;
        return ops.normalize(x, scaleOf(x), scaleOf(x), scaleOf(x), ops.square(scaleOf(x)), { epsilon: 0.1 });
      },
      ...(w !== null && {
        conv: (at) => ops.conv2d(at[i]!, at[w]!, { padding: 1 }),
        depthwise: (at) =>
          ops.conv2d(at[i]!, ops.mean(at[w]!, { axis: 2, keepDims: true }), { padding: 1, groups: at[i]!.shape[3]! }),
        convRelu: (at) => ops.relu(ops.conv2d(at[i]!, at[w]!, { padding: 'same', stride: 2 })),
      }),
    };
    const name = draw.pick(Object.keys(rules));
    return { text: `${name}(%${i}${name.startsWith('conv') ? `, %${w}` : ''})`, step: (at) => rules[name]!(at) };
  },
};

const shapes = [[3, 4], [4, 5], [5, 3], [4], [5], [1, 4], [3, 1], [], [2, 3, 4], [2, 4, 4, 3], [3, 3, 3, 3]]; // prettier-ignore
const largest = 30;
const elements = 2000;

/** A function of up to five tensors in that many steps. */
export function randomGraph(seed: number, dtype: FloatType, steps: number): RandomGraph {
  const draw = drawsFrom(seed);
  const inputs = Array.from({ length: 2 + draw.integer(4) }, () => {
    const shape = draw.pick(shapes);
    const size = shape.reduce((all, length) => all * length, 1);
    const values = Array.from({ length: size }, () => 2 * draw.number() - 1);
    return ops.reshape(ops.tensor(values, { dtype }), shape);
  });
  const pool = [...inputs];
  const made: Step[] = [];
  const lines = inputs.map(({ shape }, i) => `%${i} = input [${shape.join(',')}]`);
  for (let tries = 0; made.length < steps && tries < 20 * steps; tries++) {
    const choice = makers[draw.pick(Object.keys(makers))]!(pool, draw);
    if (!choice) continue;
    const result = choice.step(pool);
    if (result.size > elements || !(ops.max(ops.abs(result)).item() < largest)) continue;
    lines.push(`%${pool.length} = ${choice.text} [${result.shape.join(',')}]`);
    pool.push(result);
    made.push(choice.step);
  }
  const outputs = Array.from({ length: 1 + draw.integer(3) }, () => inputs.length + draw.integer(made.length));
  lines.push(`return ${outputs.map((i) => `%${i}`).join(', ')}`);
  const run = (given: readonly Tensor[]): Tensor[] => {
    const all = [...given];
    for (const step of made) all.push(step(all));
    const chosen = outputs.map((i) => all[i]!);
    const loss = chosen.map((x) => ops.mean(ops.mul(x, ops.sigmoid(x)))).reduce((a, b) => ops.add(a, b));
    return [...chosen, loss];
  };
  return { inputs, text: lines.join('\n'), run };
}
