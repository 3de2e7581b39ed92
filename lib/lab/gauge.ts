import { RavineError, describe, internal } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { cast } from '../ops/cast.js';
import { tensor } from '../ops/create.js';
import { abs, add, div, mul, sqrt, square } from '../ops/elementwise.js';
import { max, sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { Model } from '../train/model.js';
import type { StateDict } from '../train/state.js';
import { hiddenUnits, outgoingSquares, overInputs, type GaugeLayer, type HiddenUnits } from './gauge-layers.js';

/** A factor for all units of a layer, or one for each. */
export type GaugeFactor = number | ArrayLike<number>;

/**
 * Changes the gauge of a network and not its function: incoming weights and biases of hidden units times their factor, outgoing weights divided by it, since
 * 1/α·ReLU(αx) = ReLU(x) for α > 0. One factor > 0 for each hidden layer in order (a chain of n linear layers and convolutions has n − 1), or one for each of
 * its units or channels. Exact to rounding, to the bit where factors are powers of 2. Optimizer state stays as it is. For chains of linear layers and
 * convolutions with ReLU, leaky ReLU, pooling, padding, dropout and flatten between them; anything else between them is refused by name.
 */
export async function rescale(model: Model, factors: readonly GaugeFactor[]): Promise<void> {
  const where = 'lab.rescale';
  const hidden = unitsOf(where, model);
  const given: unknown = factors;
  if (!Array.isArray(given) || factors.length !== hidden.length)
    throw new RavineError(
      'option',
      where,
      `expected a factor for each of ${hidden.length} hidden layers, got ${describe(given)}`,
    );
  const values = hidden.map(({ before }, i) => checkFactor(where, factors[i], i, before.outputs));
  await withState(model, (state) => {
    const changed = new Map(state);
    hidden.forEach((units, i) => change(changed, units, values[i] ?? []));
    for (const [name, value] of changed)
      if (value !== state.get(name) && !Number.isFinite(max(abs(value)).item()))
        throw new RavineError('option', where, `expected factors that leave weights finite, got ${name} beyond ${value.dtype}`);
    model.loadStateDict(changed);
  });
}

/** How a hidden layer's weights are balanced between its two sides. Gradient flow keeps incoming² − outgoing² of every unit as it is. */
export interface LayerBalance {
  /** Of the layer whose outputs the units are, such as `0`, and its name. */
  readonly path: string;
  readonly layer: string;
  /** ‖incoming weights and bias‖ of each unit, in float64. */
  readonly incoming: Float64Array;
  /** ‖outgoing weights‖ of each unit. */
  readonly outgoing: Float64Array;
  /** The largest incoming/outgoing, or outgoing/incoming, of a unit: 1 in balance; Infinity where one side is 0. */
  readonly imbalance: number;
}

/** Each hidden layer's balance, in order; of networks that `rescale` takes. */
export async function balance(model: Model): Promise<LayerBalance[]> {
  const hidden = unitsOf('lab.balance', model);
  return withState(model, (state) =>
    hidden.map((units) => {
      const incoming = sqrt(incomingSquares(state, units.before)).data<'float64'>();
      const outgoing = sqrt(outgoingSquares(units, exact(state, `${units.after.path}.weight`))).data<'float64'>();
      const ratios = incoming.map((norm, unit) => (norm === outgoing[unit] ? 1 : norm / (outgoing[unit] ?? NaN)));
      const { path, module } = units.before;
      return {
        path,
        layer: module.toString(),
        incoming,
        outgoing,
        imbalance: Math.max(...ratios, ...ratios.map((ratio) => 1 / ratio)),
      };
    }),
  );
}

function unitsOf(where: string, model: Model): HiddenUnits[] {
  if (!(model instanceof Model)) throw new RavineError('option', where, `expected a model, got ${describe(model)}`);
  return hiddenUnits(where, model.network);
}

function checkFactor(where: string, factor: GaugeFactor | undefined, layer: number, units: number): number[] {
  const all = typeof factor === 'number' ? new Array<number>(units).fill(factor) : Array.from(factor ?? []);
  const wrong = all.find((value) => !(value > 0 && Number.isFinite(value)));
  if (all.length === units && wrong === undefined) return all;
  const got = wrong === undefined ? `${all.length} of them` : describe(wrong);
  throw new RavineError('option', where, `expected factors[${layer}] to be a finite number > 0, or ${units} of them, got ${got}`);
}

/** Runs `fn` on the model's state, and frees it. */
async function withState<T>(model: Model, fn: (state: StateDict) => T): Promise<T> {
  const state = await model.stateDict();
  try {
    return tidy(() => fn(state));
  } finally {
    for (const value of state.values()) value.dispose();
  }
}

/** Incoming weights and biases times their unit's factor, outgoing weights divided by it. */
function change(state: Map<string, Tensor>, units: HiddenUnits, factors: readonly number[]): void {
  const { before, after } = units;
  const update = (name: string, f: (value: Tensor, perUnit: Tensor) => Tensor): void => {
    const value = state.get(name);
    internal(value !== undefined, `no ${name} in the state`);
    state.set(name, f(value, tensor(Float64Array.from(factors), { dtype: value.dtype })));
  };
  const over = (value: Tensor, perUnit: Tensor): Tensor => reshape(perUnit, [before.outputs, ...value.shape.slice(1).fill(1)]);
  update(`${before.path}.weight`, (value, perUnit) => mul(value, over(value, perUnit)));
  if (before.module.bias) update(`${before.path}.bias`, mul);
  update(`${after.path}.weight`, (value, perUnit) => div(value, overInputs(units, perUnit, value.rank)));
}

function exact(state: StateDict, name: string): Tensor {
  const value = state.get(name);
  internal(value !== undefined, `no ${name} in the state`);
  return cast(value, 'float64');
}

/** Σ of the squares of a unit's incoming weights and bias, [units]. */
function incomingSquares(state: StateDict, { path, module, outputs }: GaugeLayer): Tensor {
  const weights = sum(square(reshape(exact(state, `${path}.weight`), [outputs, -1])), { axis: 1 });
  return module.bias ? add(weights, square(exact(state, `${path}.bias`))) : weights;
}
