import { describe, expect, it } from 'vitest';
import { Model, data, losses, nn, optim, randomNormal, type Tensor } from '../../lib/index.js';
import { signals } from '../../lib/lab/index.js';
import * as ops from '../../lib/ops/index.js';
import { grad } from '../../lib/runtime/index.js';

const wrong = (value: unknown) => value as never;
const [samples, width] = [64, 200];
const batch = { x: randomNormal([samples, width], { seed: 1 }), y: new Int32Array(samples).map((_, i) => i % 10) };

/** Ten hidden layers of tanh. */
function deep(initializer: nn.InitializerLike) {
  const layers = Array.from({ length: 10 }, () => [nn.linear(width, width), nn.tanh()]).flat();
  const network = nn.initialize(nn.sequential(...layers, nn.linear(width, 10)), { weight: initializer, bias: 'zeros' });
  return new Model(network, { loss: losses.softmaxCrossEntropy(), seed: 1 });
}

const tanhs = (model: Model) => signals(model, batch).layers.filter(({ layer }) => layer === 'tanh');

describe('signals', () => {
  it('are the mean, the deviation and the share of zeros of what layers give, and of its gradient', () => {
    const network = nn.sequential(nn.linear(3, 5, { dtype: 'float64' }), nn.relu(), nn.linear(5, 2, { dtype: 'float64' }));
    const model = new Model(network, { loss: losses.meanSquaredError(), seed: 2 });
    const [x, y] = [randomNormal([7, 3], { seed: 1, dtype: 'float64' }), randomNormal([7, 2], { seed: 2, dtype: 'float64' })];
    const found = signals(model, { x, y });
    const [first, relu, last] = network.layers;
    const hidden = first.forward(x);
    const loss = (h: Tensor) => ops.mean(ops.square(ops.sub(last.forward(relu.forward(h)), y)));
    const gradient = [...grad(loss)(hidden).data()];
    const values = [...hidden.data()];
    const mean = values.reduce((sum, value) => sum + value, 0) / 35;
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 35);
    expect(found.layers.map(({ path, layer, shape }) => [path, layer, shape])).toEqual([
      ['0', 'linear(3, 5)', [7, 5]],
      ['1', 'relu', [7, 5]],
      ['2', 'linear(5, 2)', [7, 2]],
    ]);
    expect(found.layers[0]?.activation.mean).toBeCloseTo(mean, 12);
    expect(found.layers[0]?.activation.deviation).toBeCloseTo(deviation, 12);
    expect(found.layers[0]?.activation.zeros).toBe(0);
    expect(found.layers[0]?.gradient.mean).toBeCloseTo(gradient.reduce((sum, value) => sum + value, 0) / 35, 12);
    expect(found.layers[0]?.gradient.zeros).toBeCloseTo(gradient.filter((value) => value === 0).length / 35, 12);
    expect(found.layers[1]?.activation.zeros).toBeCloseTo(values.filter((value) => value <= 0).length / 35, 12);
  });

  it('show gradients that vanish, and that Glorot’s initialisation keeps them', () => {
    const small = tanhs(deep(nn.normal(0, 0.02)));
    expect(small.at(-1)!.activation.deviation).toBeLessThan(1e-4);
    expect(small[0]!.gradient.deviation / small.at(-1)!.gradient.deviation).toBeLessThan(1e-3);
    const glorot = tanhs(deep('glorotUniform'));
    expect(glorot.at(-1)!.activation.deviation).toBeGreaterThan(0.2);
    expect(glorot[0]!.gradient.deviation / glorot.at(-1)!.gradient.deviation).toBeGreaterThan(0.3);
    expect(tanhs(deep(nn.normal(0, 1)))[0]!.activation.deviation).toBeGreaterThan(0.9);
  });

  it('measure what is far below 1 and far above it: squares of float32 would not', () => {
    const model = new Model(nn.initialize(nn.linear(3, 4), { weight: nn.normal(0, 1e-25), bias: 'zeros' }), {
      loss: losses.meanSquaredError(),
      seed: 1,
    });
    const [x, y] = [randomNormal([7, 3], { seed: 1 }), randomNormal([7, 4], { seed: 2 })];
    const [tiny] = signals(model, { x, y }).layers;
    expect(tiny!.activation.deviation / 1e-25).toBeGreaterThan(0.5);
    expect(tiny!.activation.deviation / 1e-25).toBeLessThan(5);
    const [huge] = signals(model, { x: ops.mul(x, 1e38), y: ops.mul(y, 1e25) }).layers;
    expect(huge!.activation.deviation / tiny!.activation.deviation / 1e38).toBeCloseTo(1, 5);
    expect(huge!.gradient.deviation).toBeGreaterThan(1e23);
  });

  it('are a table', () => {
    const [head, first] = String(signals(deep('heNormal'), batch)).split('\n');
    expect(head).toMatch(/^path +layer +output +mean +deviation +zeros +gradient +zeros$/);
    expect(first).toMatch(/^0 +linear\(200, 200\) +\[64, 200\] +-?0\.\d+ +1\.\d+ +0\.0 % +0\.0\d+ +0\.0 %$/);
  });

  it('drop as training does, by the seed, and change nothing', () => {
    const network = nn.sequential(nn.linear(width, 50), nn.dropout(0.5), nn.linear(50, 10));
    const model = new Model(network, { loss: losses.softmaxCrossEntropy(), optimizer: optim.sgd({ learningRate: 1 }), seed: 1 });
    const zeros = (seed: number) => signals(model, batch, { seed }).layers[1]!.activation.zeros;
    expect(zeros(1)).toBe(zeros(1));
    expect(zeros(1)).not.toBe(zeros(2));
    expect(Math.abs(zeros(1) - 0.5)).toBeLessThan(0.05);
    expect(model.steps).toBe(0);
  });

  it('see batch normalisation as training does, and leave its running statistics', () => {
    const norm = nn.batchNorm(50);
    const model = new Model(nn.sequential(nn.linear(width, 50), norm, nn.linear(50, 10)), { loss: losses.softmaxCrossEntropy() });
    const { activation } = signals(model, batch).layers[1]!;
    expect([activation.mean, activation.deviation]).toEqual([expect.closeTo(0, 5), expect.closeTo(1, 2)]);
    const buffers = [...nn.namedBuffers(norm)].map(([name, buffer]) => [name, Number(buffer.data()[0])]);
    expect(buffers).toContainEqual(['running_mean', 0]);
    expect(buffers).toContainEqual(['running_var', 1]);
  });

  it('take data sets as training gathers them', () => {
    const bytes = new Uint8Array(4 * 6 * 6).map((_, i) => (i * 41) % 256);
    const images = data.from({ x: { data: bytes, shape: [4, 6, 6, 1] }, y: [0, 1, 2, 0] }, { scale: 1 / 255 });
    const network = nn.sequential(nn.flatten(), nn.linear(36, 3));
    const model = new Model(network, { loss: losses.softmaxCrossEntropy() });
    const { layers } = signals(model, data.augment(images, { horizontalFlip: true }));
    expect(layers[0]?.activation.mean).toBeCloseTo(bytes.reduce((sum, value) => sum + value, 0) / 255 / bytes.length, 5);
  });

  it('say what they expect', () => {
    const network = nn.linear(width, 10);
    expect(() => signals(wrong(network), batch)).toThrow('[lab.signals] expected a model, got a Linear');
    expect(() => signals(new Model(network), batch)).toThrow('[lab.signals] expected a model with a loss');
    const model = new Model(network, { loss: losses.softmaxCrossEntropy() });
    expect(() => signals(model, { x: batch.x })).toThrow("[lab.signals] expected data with targets 'y', got x");
    expect(() => signals(model, batch, wrong({ seeds: 1 }))).toThrow("unknown option 'seeds'");
  });
});
