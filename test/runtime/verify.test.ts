import { describe, expect, test } from 'vitest';
import { addon } from '../../lib/runtime/native.js';
import { encode, kernelNumber, type Code } from './code.js';

/** relu-free product [2, 3] · [3, 4]: a, b in a slot that is only read, c in one that is written. */
const product: Code = {
  slots: [{ bytes: 128, writable: false }, { bytes: 128 }],
  values: [
    { slot: 0, elements: 6 },
    { slot: 0, offset: 64, elements: 12 },
    { slot: 1, elements: 8 },
    { slot: 1, offset: 16, elements: 8 },
  ],
  instructions: [{ kernel: 'matmul', inputs: [0, 1], outputs: [2], attributes: [1, 2, 4, 3, 0, 0, 6, 12, 0, 0, 0] }],
};

const load = (change: Partial<Code>) => addon().createProgram(encode({ ...product, ...change }));

function withNumber(index: number, value: number): () => unknown {
  const code = encode(product);
  code[index] = value;
  return () => addon().createProgram(code);
}

// Where numbers of `product` stand.
const at = {
  version: 0,
  values: 1,
  parts: 3,
  slots: 4,
  slotBytes: 5,
  partEnd: 9,
  slot: 10,
  offset: 11,
  dtype: 12,
  elements: 13,
  kernel: 26,
};

describe('what a program is refused for', () => {
  test('nothing, when it fits', () => expect(load({})).toBeDefined());

  test.each([
    ['version', withNumber(at.version, 2), 'version at number 0: expected an integer from 1 to 1, got 2'],
    ['values', withNumber(at.values, 1e6), 'values: 1000000 do not fit into the'],
    ['no parts', withNumber(at.parts, 0), 'parts at number 3: expected an integer from 1'],
    ['slots', withNumber(at.slots, 2 ** 40), 'slots at number 4: expected an integer from 0 to 2147483647'],
    ['slot bytes', withNumber(at.slotBytes, 2 ** 53 + 2), 'bytes of a slot at number 5'],
    ['writable', withNumber(at.slotBytes + 1, 2), 'writable of a slot at number 6: expected an integer from 0 to 1'],
    ['part end', withNumber(at.partEnd, 2), 'end of a part at number 9: expected an integer from 1 to 1'],
    ['slot of a value', withNumber(at.slot, 2), 'value 0: slot of a value at number 10: expected an integer from 0 to 1'],
    ['alignment', withNumber(at.offset, 2), "value 0: the offset is not a multiple of its element's size"],
    ['offset', withNumber(at.offset, 128), 'value 0: bytes 128 to 152 lie outside of slot 0, which has 128'],
    ['dtype', withNumber(at.dtype, 4), 'value 0: dtype of a value at number 12: expected an integer from 0 to 3'],
    ['elements', withNumber(at.elements, 33), 'value 0: bytes 0 to 132 lie outside'],
    ['more elements than bytes can be', withNumber(at.elements, 2 ** 53), 'value 0: bytes 0 to 36028797018963968 lie outside'],
    ['half an element', withNumber(at.elements, 0.5), 'value 0: elements of a value at number 13'],
    ['kernel', withNumber(at.kernel, 1000), 'instruction 0: kernel at number 26'],
    ['inputs', withNumber(at.kernel + 1, 1), 'instruction 0 (matmul): inputs at number 27: expected an integer from 2 to 4'],
    ['outputs', withNumber(at.kernel + 2, 2), 'instruction 0 (matmul): outputs at number 28: expected an integer from 1 to 1'],
    ['attributes', withNumber(at.kernel + 3, 10), 'instruction 0 (matmul): attributes: expected "batch m n k'],
    [
      'operand',
      withNumber(at.kernel + 5, 4),
      'instruction 0 (matmul), input 1: value at number 31: expected an integer from 0 to 3',
    ],
    ['NaN operand', withNumber(at.kernel + 4, NaN), 'instruction 0 (matmul), input 0: value at number 30'],
    ['output operand', withNumber(at.kernel + 6, -1), 'instruction 0 (matmul), output 0: value at number 32'],
    ["a kernel's own refusal", withNumber(at.kernel + 8, 5), /instruction 0 \(matmul\).*(input|output) \d/],
    ['a read-only output', withNumber(at.kernel + 6, 1), /instruction 0 \(matmul\), output 0/],
    ['what ends early', () => addon().createProgram(encode(product).slice(0, -1)), 'the code ends inside of it'],
    ['nothing at all', () => addon().createProgram(new Float64Array()), 'the code ends where version was expected'],
    [
      'what goes on',
      () => addon().createProgram(Float64Array.of(...encode(product), 0)),
      '1 numbers follow the last instruction',
    ],
  ])('%s', (_, run, message) => {
    expect(run).toThrow(TypeError);
    expect(run).toThrow(message);
  });

  test('what is no Float64Array', () => {
    // @ts-expect-error: the addon checks what the compiler would
    expect(() => addon().createProgram([1, 0, 0, 1, 0, 0])).toThrow('[createProgram] code: expected a Float64Array');
  });

  test('parts that go back', () => {
    const fill = { kernel: 'fill', outputs: [2], attributes: [0] };
    expect(() => load({ instructions: [fill, fill], parts: [2, 1, 2] })).toThrow('end of a part');
    expect(() => load({ instructions: [fill, fill], parts: [1] })).toThrow('end of a part');
    expect(load({ instructions: [fill, fill], parts: [0, 1, 1, 2] })).toBeDefined();
  });

  test('outputs that are read-only or overlap', () => {
    const fillReadOnly = { kernel: 'fill', outputs: [0], attributes: [0] };
    expect(() => load({ instructions: [fillReadOnly] })).toThrow('instruction 0 (fill), output 0: slot 0 is not writable');
    const scan = (input: number, output: number, elements: number) => ({
      values: [
        { slot: 1, elements },
        { slot: 1, offset: 4, elements },
      ],
      instructions: [{ kernel: 'strided', inputs: [input], outputs: [output], attributes: [1, 0, elements, 1] }],
    });
    expect(() => load(scan(0, 1, 8))).toThrow('instruction 0 (strided), output 0: overlaps input 0 in part');
    expect(() => load(scan(0, 0, 8))).toThrow('output 0: lies over input 0, which the kernel cannot do');
    expect(load(scan(0, 1, 1))).toBeDefined();
    const step = (first: number, second: number) => ({
      values: [0, 4, 8, 12].map((offset) => ({ slot: 1, offset, elements: 1 })),
      instructions: [{ kernel: 'sgd_step', inputs: [0, 1, 2, 3], outputs: [first, second], attributes: [0, 0, 0, 0.9, 0, 0] }],
    });
    expect(load(step(0, 2))).toBeDefined();
    expect(() => load(step(2, 0))).toThrow('which the kernel cannot do');
  });
});

describe('what bind refuses', () => {
  test('the wrong number of buffers, small ones, ones that share what is written', () => {
    const program = load({});
    const small = addon().createBuffer(127);
    const large = addon().createBuffer(512);
    expect(() => program.bind([large])).toThrow('[bind] buffers: expected one for each of 2 slots, got 1');
    expect(() => program.bind([large, small])).toThrow('[bind] slot 1 needs 128 bytes from byte 0, its buffer has 127');
    expect(() => program.bind([large, large])).toThrow('[bind] slot 1 shares memory with slot 0');
    expect(() => program.bind([large, large], [0, 64])).toThrow('shares memory');
    expect(() => program.bind([large, large], [0, 4])).toThrow('is not a multiple of 8');
    expect(() => program.bind([large, large], [0, 400])).toThrow('from byte 400, its buffer has 512');
    expect(() => program.bind([large, large], [0, NaN])).toThrow(RangeError);
    // @ts-expect-error: not a buffer
    expect(() => program.bind([large, {}])).toThrow('[bind] buffers[1]: expected a NativeBuffer');
    // @ts-expect-error: not a buffer
    expect(() => program.bind([large, program])).toThrow('[bind] buffers[1]: expected a NativeBuffer');
    expect(program.bind([large, large], [0, 128])).toBeDefined();
  });

  test('a part that there is not, and handles that were disposed', () => {
    const buffers = [addon().createBuffer(128), addon().createBuffer(128)];
    const binding = load({}).bind(buffers);
    expect(() => binding.run(1)).toThrow('[run] part: expected an integer from 0 to 0, got 1');
    for (const buffer of buffers) buffer.dispose();
    expect(binding.run(0)).toBeNull();
    binding.dispose();
    expect(() => binding.run(0)).toThrow('disposed');
    expect(() => load({}).bind(buffers)).toThrow('this NativeBuffer was disposed');
  });
});

test('kernels are listed with their arity and attributes', () => {
  const matmul = addon().kernels[kernelNumber('matmul')];
  expect(matmul).toMatchObject({ name: 'matmul', minInputs: 2, maxInputs: 4, outputs: 1 });
  expect(matmul?.attributes.slice(0, 4)).toEqual(['batch', 'm', 'n', 'k']);
});
