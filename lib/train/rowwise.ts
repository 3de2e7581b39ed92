import type { DType } from '../dtype.js';
import { internal } from '../errors.js';
import { Trace, withTrace } from '../ir/trace.js';
import type { Tensor } from '../ir/tensor.js';
import type { Graph } from '../ir/graph.js';
import { cast } from '../ops/cast.js';
import { stack } from '../ops/concat.js';
import { scalar } from '../ops/constant.js';
import { historyElements, lazyBegin, lazyCatchUp, lazySettle, lazyStep, type LazyState } from '../ops/lazy.js';
import type { LinearStep } from '../optim/linear.js';
import type { PartRequest } from '../passes/compile.js';
import type { Place } from '../passes/memory.js';
import type { SlotTable } from '../runtime/slots.js';
import { SharedBuffer, byteSize } from '../runtime/storage.js';
import type { Shape, TensorType } from '../shape.js';
import { Lazy, type UpdateRange } from './layout.js';
import type { Memory } from './programs.js';

/** Parts of a step for one matrix, and the places of the batch's rows. */
export interface RowwiseParts {
  readonly catchUp: PartRequest;
  readonly step: PartRequest;
  /** Before a loop, and after it. */
  readonly begin: PartRequest;
  readonly settle: PartRequest;
}

/**
 * A matrix w [rows, out] of which a sparse batch moves only some rows. Training works on rows of its own, each of which has seen so many steps: they lie where
 * the gradient would, which is never made. The parameter and the optimiser's state are written when somebody is to see them, and taken over where somebody has
 * changed them: that they are read disturbs no bit of training.
 */
export class RowwiseRange {
  readonly #velocity: Lazy;
  readonly #last: Lazy;
  readonly #history: Lazy;

  constructor(
    readonly parameter: Tensor,
    readonly range: UpdateRange,
    readonly linear: LinearStep,
    private readonly dtype: DType,
  ) {
    const allocate = (type: TensorType): Lazy => new Lazy(() => SharedBuffer.allocate(byteSize(type)));
    this.#velocity = allocate(parameter);
    this.#last = allocate(this.#lastType);
    this.#history = allocate(historyType);
  }

  get buffers(): SharedBuffer[] {
    return [this.#velocity, this.#last, this.#history].flatMap(({ made }) => made ?? []);
  }

  /** Where training has the rows. */
  rows(slots: SlotTable, { flat }: Memory, writable = false): Place {
    return this.#inFlat(slots, flat.gradients, writable);
  }

  /** `rows`: places of ranges, columns, values and samples, and their types; `slope` that of the batch's slope. */
  parts(
    slots: SlotTable,
    memory: Memory,
    rows: readonly { readonly place: Place; readonly type: TensorType }[],
    slope: { readonly place: Place; readonly type: TensorType },
  ): RowwiseParts {
    const { linear, range, dtype } = this;
    const state = this.#state(slots, memory);
    const stateTypes = state.map(({ type }) => type);
    const places = (list: readonly { place: Place }[]): Place[] => list.map(({ place }) => place);
    const [ranges, columns, , samples] = rows;
    internal(ranges !== undefined && columns !== undefined && samples !== undefined, 'rows without a part');
    const scalars = range.optimizer.scalars.map((_, i) => ({
      place: slots.inBuffer(
        memory.control.buffer,
        memory.control.scalarOffset(range.firstScalar + i),
        byteSize({ dtype, shape: [] }),
        false,
      ),
      type: { dtype, shape: [] as Shape },
    }));
    const shown = this.#shown(slots, memory);
    const catching = [ranges, columns, samples, ...state];
    const stepping = [...rows, slope, ...scalars, ...state];
    const beginning = [...shown, ...state];
    return {
      catchUp: {
        graph: trace(
          catching.map(({ type }) => type),
          ([a, b, c, ...own]) => lazyCatchUp(at(a), at(b), at(c), stateOf(own)),
        ),
        inputs: places(catching),
        outputs: places(state),
      },
      step: {
        graph: trace(
          stepping.map(({ type }) => type),
          (inputs) => {
            const numbers = inputs.slice(rows.length + 1, rows.length + 1 + scalars.length);
            const named = range.optimizer.scalars.map((name, i) => [name, cast(at(numbers[i]), 'float64')] as const);
            const coefficients = linear.coefficients(Object.fromEntries(named));
            const all = coefficients.map((one) => (typeof one === 'number' ? scalar(one, { dtype: 'float64' }) : one));
            const own = stateOf(inputs.slice(-state.length));
            return lazyStep(inputs.slice(0, rows.length), at(inputs[rows.length]), stack(all), own);
          },
        ),
        inputs: places(stepping),
        outputs: places(state),
      },
      begin: {
        graph: trace(
          beginning.map(({ type }) => type),
          (inputs) => lazyBegin(inputs.slice(0, shown.length), stateOf(inputs.slice(shown.length))),
        ),
        inputs: places(beginning),
        outputs: places(state),
      },
      settle: {
        graph: trace(stateTypes, (inputs) => lazySettle(stateOf(inputs))),
        inputs: places(state),
        outputs: places(shown),
      },
    };
  }

  /** w, v where there is one, last, history. */
  #state(slots: SlotTable, memory: Memory): { place: Place; type: TensorType }[] {
    const whole = (lazy: Lazy, type: TensorType): { place: Place; type: TensorType } => ({
      place: slots.inBuffer(lazy.get(), 0, byteSize(type), true),
      type,
    });
    const type = this.#type;
    return [
      { place: this.rows(slots, memory, true), type },
      ...(this.linear.velocity === undefined ? [] : [whole(this.#velocity, type)]),
      whole(this.#last, this.#lastType),
      whole(this.#history, historyType),
    ];
  }

  /** The parameter, and the optimiser's state. */
  #shown(slots: SlotTable, { flat, state }: Memory): { place: Place; type: TensorType }[] {
    const { velocity } = this.linear;
    const buffers = [flat.parameters, ...(velocity === undefined ? [] : [state.get(velocity)])];
    return buffers.map((buffer) => {
      internal(buffer !== undefined, 'a flat buffer is missing');
      return { place: this.#inFlat(slots, buffer, true), type: this.#type };
    });
  }

  #inFlat(slots: SlotTable, buffer: SharedBuffer, writable: boolean): Place {
    const { begin } = this.range;
    return slots.inBuffer(buffer, byteSize({ dtype: this.dtype, shape: [begin] }), byteSize(this.#type), writable);
  }

  get #type(): TensorType {
    return { dtype: this.dtype, shape: this.parameter.shape };
  }

  get #lastType(): TensorType {
    return { dtype: 'int32', shape: this.parameter.shape.slice(0, 1) };
  }
}

const historyType: TensorType = { dtype: 'float64', shape: [historyElements] };

function trace(types: readonly TensorType[], f: (inputs: readonly Tensor[]) => readonly Tensor[]): Graph {
  const traced = new Trace({ training: true });
  return withTrace(traced, () => traced.finish(f(types.map((type, index) => traced.input(type, { kind: 'argument', index })))));
}

function at(tensor: Tensor | undefined): Tensor {
  internal(tensor !== undefined, 'an input is missing');
  return tensor;
}

function stateOf(tensors: readonly Tensor[]): LazyState {
  const [w, second, third, fourth] = tensors;
  return fourth ? [at(w), at(second), at(third), fourth] : [at(w), at(second), at(third)];
}
