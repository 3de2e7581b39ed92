import { RavineError } from '../errors.js';
import { compile, type InstructionFacts, type PartRequest } from '../passes/compile.js';
import { stridesOf, type Shape } from '../shape.js';
import type { NativeBinding, NativeFault, NativeProgram } from './addon.js';
import { names } from './names.js';
import { addon } from './native.js';
import type { SlotTable } from './slots.js';
import { SharedBuffer } from './storage.js';

export interface BindOptions {
  /** At least `arenaBytes`; without it the binding has one of its own. */
  readonly arena?: SharedBuffer;
  /** Bytes into the buffers of open slots. */
  readonly offsets?: ReadonlyMap<number, number>;
  /** Buffers that take the place of those that the program was compiled for. */
  readonly replace?: ReadonlyMap<SharedBuffer, SharedBuffer>;
}

/** A compiled, verified program and the slots that it was compiled for. */
export class Program {
  readonly arenaBytes: number;
  readonly instructions: readonly InstructionFacts[];
  readonly parts: number;
  readonly #native: NativeProgram;

  constructor(
    parts: readonly PartRequest[],
    readonly slots: SlotTable,
  ) {
    const compiled = compile(parts, slots.slots, names());
    this.parts = parts.length;
    this.arenaBytes = compiled.arenaBytes;
    this.instructions = compiled.instructions;
    this.#native = addon().createProgram(compiled.code);
  }

  /** Resolves every pointer. */
  bind(fill: ReadonlyMap<number, SharedBuffer>, options: BindOptions = {}): NativeBinding {
    const arena = options.arena ?? SharedBuffer.allocate(this.arenaBytes);
    const buffers = this.slots.buffers(arena, fill).map((buffer) => options.replace?.get(buffer) ?? buffer);
    const binding = this.#native.bind(
      buffers.map((buffer) => buffer.native),
      buffers.map((_, slot) => options.offsets?.get(slot) ?? 0),
    );
    if (!options.arena) arena.native.dispose();
    return binding;
  }

  /** The error that says what a fault in the data means. */
  faultError(fault: NativeFault): RavineError {
    const { origin, indices } = this.instructions[fault.instruction] ?? { origin: 'program', indices: undefined };
    const { position, value } = fault;
    switch (fault.fault) {
      case 'label':
        return new RavineError('label', origin, `label ${value} of sample ${position} is not a class`, {
          help: 'labels count from 0 to classes − 1',
        });
      case 'index':
        return new RavineError('data', origin, `index ${value} ${placeOf(position, indices)} is out of range`);
      case 'non-finite':
        return new RavineError('data', origin, `expected finite numbers, got ${value} at ${position}`);
      case 'domain':
        return new RavineError('data', origin, `expected a positive definite matrix, got the pivot ${value} in row ${position}`);
      case 'curvature':
        return new RavineError(
          'data',
          origin,
          `expected a positive definite matrix, got the curvature ${value} for column ${position}`,
        );
      case 'convergence':
        return new RavineError(
          'data',
          origin,
          `expected to converge, got the relative residual ${value} for column ${position}`,
          {
            help: 'permit a larger tolerance or more iterations, or solve by choleskySolve',
          },
        );
    }
  }
}

/** `at 5`, or `of sample 2 at [2,1]` where indices have more axes than one. */
function placeOf(position: number, shape: Shape = []): string {
  if (shape.length < 2) return `at ${position}`;
  const place = stridesOf(shape).map((stride, axis) => Math.floor(position / stride) % (shape[axis] ?? 1));
  return `of sample ${place[0]} at [${place.join(',')}]`;
}
