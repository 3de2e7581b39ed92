import { describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import { encode, randomWords, type CodeInstruction, type CodeValue } from './code.js';

const interesting = [
  0,
  1,
  2,
  3,
  7,
  64,
  255,
  -1,
  -0,
  0.5,
  1e9,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  2 ** 63,
  1e300,
  -1e300,
  NaN,
  Infinity,
  -Infinity,
];
const dtypes = ['float32', 'float64', 'int32', 'uint8'] as const;

/** A program or a TypeError; anything else is a bug. */
function load(code: Float64Array) {
  try {
    return addon().createProgram(code);
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError);
    return null;
  }
}

describe('garbage instead of a program', () => {
  test('is refused: random numbers', () => {
    const next = randomWords(1);
    for (let round = 0; round < 5000; round++) {
      const code = new Float64Array(next() % 60);
      for (let i = 0; i < code.length; i++)
        code[i] = next() % 4 === 0 ? (interesting[next() % interesting.length] ?? 0) : next() % 8;
      code[0] = 1;
      load(code);
    }
  });

  test('is refused or runs: a good program with one number changed, or cut short', () => {
    const good = encode({
      slots: [{ bytes: 64, writable: false }, { bytes: 4096 }],
      values: [
        { slot: 0, elements: 8 },
        { slot: 1, elements: 8 },
        { slot: 1, offset: 64, elements: 64 },
        { slot: 1, offset: 512, elements: 64 },
      ],
      instructions: [
        { kernel: 'fill', outputs: [2], attributes: [2] },
        { kernel: 'strided', inputs: [0], outputs: [1], attributes: [1, 7, 8, -1] },
        { kernel: 'matmul', inputs: [2, 2], outputs: [3], attributes: [1, 8, 8, 8, 0, 1, 64, 64, 0, 0, 0] },
      ],
    });
    expect(load(good)).not.toBeNull();
    for (let i = 0; i < good.length; i++) {
      load(good.slice(0, i));
      for (const value of interesting) {
        const changed = good.slice();
        changed[i] = value;
        runWithin(load(changed), 1 << 16);
      }
    }
  });

  // Whatever a kernel accepts has to run without touching other memory (the sanitizer build runs this too).
  test('is refused or runs: each kernel with random operands and attributes', () => {
    const next = randomWords(2);
    const pick = <T>(list: readonly T[]): T => list[next() % list.length] as T;
    const small = [0, 1, 1, 2, 3, 4, 5, 8, 17, 64];
    for (const kernel of addon().kernels) {
      for (let round = 0; round < 2000; round++) {
        const inputs = kernel.minInputs + (next() % (kernel.maxInputs - kernel.minInputs + 1));
        const outputs = kernel.outputs < 0 ? next() % 3 : kernel.outputs;
        const open = kernel.attributes.at(-1) === '...';
        const attributes = Array.from({ length: kernel.attributes.length - Number(open) + (open ? next() % 12 : 0) }, () =>
          next() % 32 === 0 ? pick(interesting) : pick(small),
        );
        // Sizes that may fit: products of some of the attributes.
        const sizes = attributes.filter((x) => Number.isInteger(x) && x >= 0 && x <= 64);
        const elementsOf = () => pick([1, ...sizes]) * pick([1, ...sizes]) * pick([1, 1, ...sizes]);
        const dtype = pick(dtypes);
        const values: CodeValue[] = Array.from({ length: inputs + outputs }, (_, slot) => ({
          slot,
          elements: elementsOf(),
          dtype: next() % 4 ? dtype : pick(dtypes),
        }));
        const instruction: CodeInstruction = {
          kernel: kernel.name,
          inputs: values.slice(0, inputs).map((_, i) => i),
          outputs: values.slice(inputs).map((_, i) => inputs + i),
          attributes,
        };
        const slots = values.map(({ elements }) => ({ bytes: elements * 8 }));
        runWithin(
          load(encode({ slots, values, instructions: [instruction] })),
          1 << 16,
          slots.map(({ bytes }) => bytes),
        );
      }
    }
  });
});

function runWithin(program: ReturnType<typeof load>, most: number, sizes: readonly number[] = [most, most]): void {
  if (!program) return;
  const buffers = sizes.map((bytes) => addon().createBuffer(bytes));
  try {
    const binding = program.bind(buffers);
    binding.run(0);
    binding.dispose();
  } catch (error) {
    expect(error).toBeInstanceOf(RangeError);
  }
  for (const buffer of buffers) buffer.dispose();
}
