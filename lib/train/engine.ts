import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { namedBuffers, namedParameters } from '../nn/naming.js';
import { Lru } from '../runtime/lru.js';
import { storageOf, type SharedBuffer } from '../runtime/storage.js';
import { layOut } from './layout.js';
import { buildEvaluation, buildPrediction, buildTraining, type Memory, type StepProgram } from './programs.js';
import type { BatchSpec, ModelParts } from './session.js';

/** Programs a model keeps: a fit and its validation need four, each further data set or batch size up to two more. */
const mostPrograms = 16;

const builders = { training: buildTraining, evaluation: buildEvaluation, prediction: buildPrediction };
export type Mode = keyof typeof builders;

/** Models that hold a parameter or buffer, and the one in whose memory it lies. */
const holders = new WeakMap<Tensor, { count: number; owner: Engine }>();

/** A model's native memory, and its programs by mode, batch and data. */
export class Engine {
  /** Whether a fit writes the parameters now. */
  busy = false;
  #memory: Memory;
  readonly #programs = new Lru<string, StepProgram>(mostPrograms);
  readonly #held = new Set<Tensor>();

  constructor(
    readonly parts: ModelParts,
    readonly seed: number,
  ) {
    this.#refuseBusy('model');
    this.#memory = layOut(parts, seed, 0);
    this.#own();
  }

  get memory(): Memory {
    return this.#memory;
  }

  /**
   * Lays memory out anew where modules were exchanged, where another model of the same modules has taken them, and before a fit where modules were frozen
   * or unfrozen. Not while a fit runs: it goes on as it began.
   */
  refresh(where: string, step: number, fits: boolean): void {
    if (this.busy) return;
    this.#refuseBusy(where);
    const { flat } = this.#memory;
    const stale = fits && flat.entries.some(({ parameter, rank }) => parameter.trainable !== (rank !== undefined));
    if (!stale && flat.holds(this.parts.network)) return;
    this.layOut(step);
  }

  /** Lays memory out anew; parameters begin to train at the steps that `births` gives them. */
  layOut(step: number, births?: ReadonlyMap<string, number>): void {
    const before = this.#memory;
    this.#memory = layOut(this.parts, this.seed, step, before, births);
    this.#programs.clear();
    release(before);
    this.#own();
  }

  /** Compiled once for each mode, batch size and kind of data; retraced when the network's options have changed. */
  program(mode: Mode, spec: BatchSpec): StepProgram {
    const key = `${mode} ${JSON.stringify(spec)} ${this.parts.network.stateVersion}`;
    return this.#programs.get(key, () => builders[mode](this.parts, this.#memory, spec));
  }

  /** Buffers that a step of training writes and that evaluation reads. */
  written(): SharedBuffer[] {
    const { flat } = this.#memory;
    return [...new Set([flat.parameters, ...[...flat.buffers.values()].map((buffer) => storageOf(buffer).buffer)])];
  }

  dispose(): void {
    this.#programs.clear();
    release(this.#memory);
    for (const tensor of this.#held) {
      const holder = holders.get(tensor);
      if (holder && --holder.count === 0) tensor.dispose();
    }
  }

  #tensors(): Tensor[] {
    const { network } = this.parts;
    return [...namedParameters(network).values(), ...namedBuffers(network).values()];
  }

  #refuseBusy(where: string): void {
    const other = this.#tensors().some((tensor) => holders.get(tensor)?.owner.busy);
    if (other)
      throw new RavineError('busy', where, 'a module of this model is being fitted in another', { help: 'await that fit' });
  }

  #own(): void {
    for (const tensor of this.#tensors()) {
      const holder = holders.get(tensor) ?? { count: 0, owner: this };
      if (!this.#held.has(tensor)) holder.count++;
      holder.owner = this;
      holders.set(tensor, holder);
      this.#held.add(tensor);
    }
  }
}

function release({ flat, state, prepared, control, lookAhead, accumulated, rowwise }: Memory): void {
  const late = rowwise.flatMap(({ buffers }) => buffers);
  const buffers = [flat.gradients, ...state.values(), ...prepared.values(), control.buffer, lookAhead, accumulated.made, ...late];
  for (const buffer of buffers) buffer?.native.dispose();
}
