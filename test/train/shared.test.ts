import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { data, losses, Model, nn, optim, type Tensor } from '../../lib/index.js';
import { expectGolden, floats, type Float } from '../golden/expect.js';
import { numbers, parameterGradients, slopeOf, toLast, xOf } from '../nn/golden.js';

interface Trained {
  readonly losses: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
  readonly state: Readonly<Record<string, readonly number[]>>;
  readonly evaluated: readonly number[];
}
interface Golden {
  readonly embedding: readonly {
    readonly padding: number | null;
    readonly rows: readonly number[] | readonly (readonly number[])[];
    readonly y: readonly number[];
    readonly dw: readonly number[];
  }[];
  readonly words: Trained;
  readonly images: Trained;
}
const golden = JSON.parse(readFileSync(new URL('../golden/shared.json', import.meta.url), 'utf8')) as Golden;

/** One encoder for both sides; one logit of |a − b|. */
class Siamese extends nn.Module<Tensor, [Readonly<Record<'left' | 'right', Tensor>>]> {
  readonly encoder: nn.Module;
  readonly head: nn.Linear;

  constructor(encoder: nn.Module, dtype: Float) {
    super();
    this.encoder = encoder;
    this.head = nn.linear<number, number>(3, 1, { dtype });
  }

  override forward({ left, right }: Readonly<Record<'left' | 'right', Tensor>>): Tensor {
    return this.head.forward(this.encoder.forward(left).sub(this.encoder.forward(right)).abs());
  }
}

const words = (dtype: Float): nn.Module =>
  nn.sequential(
    nn.embedding(9, 4, { dtype }),
    nn.lambda((x) => x.mean({ axis: 1 })),
    nn.linear(4, 3, { dtype }),
    nn.tanh(),
  );
const images = (dtype: Float): nn.Module =>
  nn.sequential(nn.conv2d(2, 3, 3, { bias: false, dtype }), nn.batchNorm(3, { dtype }), nn.silu(), nn.globalAvgPool());

const counted = (by: number): Int32Array => Int32Array.from({ length: 24 }, (_, i) => by * i);
const rows = (by: number, from: number) => ({ data: counted(by).map((i) => (i + from) % 9), shape: [6, 4] });
const pixels = (of: (i: number) => number, dtype: Float) => toLast(numbers([6, 2, 5, 5], of, dtype));
const inputs = {
  words: (_: Float) => ({ 'x.left': rows(7, 3), 'x.right': rows(5, 1) }),
  images: (dtype: Float) => ({
    'x.left': pixels(xOf, dtype),
    'x.right': pixels((i) => ((7919 * (i + 50)) % 103) / 16 - 3, dtype),
  }),
};

describe.each(floats)('what is used twice equals PyTorch in %s', (dtype) => {
  it.each(golden.embedding)('embedding, padding $padding, rows $rows', ({ padding, rows: named, y, dw }) => {
    const layer = nn.embedding(5, 3, { dtype, ...(padding !== null && { paddingIndex: padding }) });
    layer.weight.adopt(numbers([5, 3], (i) => ((31 * i) % 17) / 8 - 1, dtype).storage);
    const flat = named.flat();
    const x = data.from({ x: { data: Int32Array.from(flat), shape: flat.length === named.length ? [flat.length] : [2, 3] } });
    const found = x.fields.get('x')!.tensor;
    const got = layer.forward(found);
    expectGolden(got, y, 'embedding');
    const [slope] = parameterGradients(layer, found, numbers(got.shape, slopeOf, dtype), [layer.weight]);
    expectGolden(slope, dw, 'embedding');
  });

  it.each([
    ['words', words],
    ['images', images],
  ] as const)('a siamese network of %s: gradients, three steps, running statistics, evaluation', async (name, encoder) => {
    const network = new Siamese(encoder(dtype), dtype);
    const model = new Model(network, {
      loss: losses.sigmoidBinaryCrossEntropy(),
      optimizer: optim.sgd({ learningRate: 0.1, momentum: 0.9, momentumForm: 'torch' }),
    });
    const state = new Map(await model.stateDict());
    [...nn.namedParameters(network).keys()].forEach((path, p) => {
      const { shape } = state.get(path)!;
      state.set(
        path,
        numbers(shape, (i) => ((31 * i + 7 * p) % 17) / 16 - 0.5, dtype),
      );
    });
    model.loadStateDict(state);
    const given = data.from({ ...inputs[name](dtype), y: numbers([6, 1], (i) => [1, 0, 1, 1, 0, 0][i]!, dtype) });
    const want = golden[name];
    const { parameters } = await model.inspect(given);
    for (const [path, slope] of Object.entries(want.gradients)) expectGolden(parameters.get(path), slope, 'siamese');
    const { logs } = await model.fit(given, { epochs: 3, batchSize: 6, shuffle: false });
    expectGolden(
      numbers([3], (i) => logs['loss']![i]!, dtype),
      want.losses,
      'siamese',
    );
    const after = await model.stateDict();
    expect([...after.keys()]).toEqual(Object.keys(want.state));
    for (const [path, value] of Object.entries(want.state)) {
      const got = after.get(path)!;
      if (got.dtype === 'int32') expect([...got.data()]).toEqual(value);
      else expectGolden(got, value, 'siamese');
    }
    expectGolden(await model.predict(given), want.evaluated, 'siamese');
  });
});
