import { dtypes, type DType } from '../dtype.js';
import { RavineError } from '../errors.js';
import { namedBuffers, namedParameters } from '../nn/naming.js';
import { Lru } from '../runtime/lru.js';
import { SharedBuffer, storageOf } from '../runtime/storage.js';
import { Control } from './control.js';
import { FlatParameters } from './flat.js';
import { buildEvaluation, buildPrediction, buildTraining, type Memory, type StepProgram } from './programs.js';
import type { BatchSpec, ModelParts } from './session.js';

/** Programs a model keeps: a fit and its validation need four, each further data set or batch size up to two more. */
const mostPrograms = 16;

const builders = { training: buildTraining, evaluation: buildEvaluation, prediction: buildPrediction };
export type Mode = keyof typeof builders;

/** A model's native memory, and its programs by mode, batch and data. */
export class Engine {
  readonly memory: Memory;
  readonly #programs = new Lru<string, StepProgram>(mostPrograms);
  readonly #trainable: string;

  constructor(
    readonly parts: ModelParts,
    seed: number,
  ) {
    const flat = new FlatParameters(parts.network, seed);
    const stateBytes = flat.gradients.native.byteLength;
    parts.optimizer?.prepare?.(parts.network);
    const state = (parts.optimizer?.state ?? []).map((name) =>
      filled(stateBytes, flat.dtype, parts.optimizer?.initialState?.[name] ?? 0),
    );
    const lookAhead = parts.optimizer?.evaluateAt && SharedBuffer.allocate(stateBytes);
    this.memory = { flat, state, control: new Control(parts.optimizer, flat.dtype), lookAhead };
    this.#trainable = trainableSet(parts);
  }

  /** Compiled once for each mode, batch size and kind of data; retraced when the network's options have changed. */
  program(mode: Mode, spec: BatchSpec): StepProgram {
    if (trainableSet(this.parts) !== this.#trainable)
      throw new RavineError('option', 'model', 'the set of trainable parameters changed after the model was built', {
        help: 'freeze and unfreeze before the first fit, or make a new Model of the network',
      });
    const key = `${mode} ${JSON.stringify(spec)} ${this.parts.network.stateVersion}`;
    return this.#programs.get(key, () => builders[mode](this.parts, this.memory, spec));
  }

  /** Buffers that a step of training writes and that evaluation reads. */
  written(): SharedBuffer[] {
    const { flat } = this.memory;
    return [...new Set([flat.parameters, ...[...flat.buffers.values()].map((buffer) => storageOf(buffer).buffer)])];
  }

  dispose(): void {
    this.#programs.clear();
    const { flat, state, control, lookAhead } = this.memory;
    for (const buffer of [flat.gradients, ...state, control.buffer, lookAhead]) buffer?.native.dispose();
    for (const { parameter } of flat.entries) parameter.dispose();
    for (const buffer of namedBuffers(this.parts.network).values()) buffer.dispose();
  }
}

function filled(bytes: number, dtype: DType, value: number): SharedBuffer {
  const buffer = SharedBuffer.allocate(bytes);
  const { array, bytes: width } = dtypes[dtype];
  if (value !== 0 && bytes > 0) buffer.native.write(new array(bytes / width).fill(value), 0);
  return buffer;
}

function trainableSet(parts: ModelParts): string {
  return [...namedParameters(parts.network)].flatMap(([name, { trainable }]) => (trainable ? [name] : [])).join(' ');
}
