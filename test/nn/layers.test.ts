import { describe, expect, it } from 'vitest';
import type { Graph } from '../../lib/ir/graph.js';
import { Trace, withTrace } from '../../lib/ir/trace.js';
import * as nn from '../../lib/nn/index.js';
import { zeros } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import { reshape } from '../../lib/ops/reshape.js';
import { jit } from '../../lib/runtime/index.js';
import type { Shape } from '../../lib/shape.js';

/** What is deliberately not of the declared type. */
const wrong = (value: unknown) => value as never;
const wrongLayers = (layers: unknown[]) => layers as nn.Module[];

function numbers(shape: Shape, dtype: 'float32' | 'float64' = 'float64') {
  const data = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => ((i * 37) % 19) / 7 - 1);
  return tensor(dtype === 'float64' ? Float64Array.from(data) : Float32Array.from(data), { shape });
}

function graphOf(module: nn.Module, shape: Shape, training: boolean): Graph {
  const trace = new Trace({ training });
  return withTrace(trace, () =>
    trace.finish([module.forward(trace.input({ dtype: 'float32', shape }, { kind: 'argument', index: 0 }))]),
  );
}

describe('linear', () => {
  for (const lead of [[], [1], [5], [2, 3], [2, 0], [2, 1, 3]]) {
    for (const bias of [true, false]) {
      it(`y = x·W + b for x [${[...lead, 3].join()}]${bias ? '' : ' without bias'}`, () => {
        const layer = nn.linear(3, 2, { dtype: 'float64', bias });
        const x = numbers([...lead, 3]);
        const [w, b] = [layer.weight.data(), layer.bias?.data() ?? [0, 0]];
        const y = layer.forward(x);
        expect(y.shape).toEqual([...lead, 2]);
        const [xs, ys] = [x.data(), y.data()];
        ys.forEach((value, i) => {
          const [row, column] = [Math.floor(i / 2), i % 2];
          let want = b[column] ?? NaN;
          for (let k = 0; k < 3; k++) want += (xs[row * 3 + k] ?? NaN) * (w[k * 2 + column] ?? NaN);
          expect(value).toBeCloseTo(want, 13);
        });
      });
    }
  }

  it('is shown as [out, in]', () => {
    const { weight, bias } = nn.linear(3, 2);
    expect([weight.shape, weight.layout?.externalShape, bias?.shape, bias?.layout]).toEqual([[3, 2], [2, 3], [2], undefined]);
    const shown = weight.layout?.toExternal(weight);
    expect(shown?.shape).toEqual([2, 3]);
    const inner = weight.toArray() as number[][];
    expect(shown?.toArray()).toEqual([0, 1].map((j) => [0, 1, 2].map((i) => inner[i]?.[j])));
    expect(shown && weight.layout?.fromExternal(shown).toArray()).toEqual(inner);
  });

  it('says what it expects', () => {
    const layer = nn.linear(3, 2);
    expect(() => layer.forward(numbers([2, 4], 'float32'))).toThrow('[linear(3, 2)] expected 3 features, got float32[2,4]');
    expect(() => layer.forward(tensor(1))).toThrow('[linear(3, 2)] expected 3 features, got float32[]');
    expect(() => layer.forward(numbers([2, 3]))).toThrow(
      "[linear(3, 2)] expected float32, got float64[2,3]\nhelp: cast the input, or make the layer with { dtype: 'float64' }",
    );
    expect(() => layer.forward(zeros([2, 3], { dtype: 'uint8' }))).toThrow(
      "expected float32, got uint8[2,3]\nhelp: cast(x, 'float32'); bytes of images by data.from({ x, y }, { scale: 1 / 255 })",
    );
    expect(() => nn.linear(0, 2)).toThrow('[linear] expected inFeatures to be a positive integer, got 0');
    expect(() => nn.linear(2, 1.5)).toThrow('[linear] expected outFeatures to be a positive integer, got 1.5');
    expect(() => nn.linear(2, 3, wrong({ biass: true }))).toThrow("[linear] unknown option 'biass'\nhelp: did you mean 'bias'?");
    expect(() => nn.linear(2, 3, wrong({ bias: 1 }))).toThrow('[linear] expected bias to be true or false, got 1');
    expect(() => nn.linear(2, 3, wrong({ dtype: 'int32' }))).toThrow('[parameter] expected float32 or float64, got int32');
  });
});

describe('sequential', () => {
  it('runs its layers in turn', () => {
    const network = nn.sequential(
      nn.lambda((x) => reshape(x, [1, 2])),
      nn.relu(),
      nn.sequential(nn.identity()),
    );
    expect(network.forward(tensor([-1, 2])).toArray()).toEqual([[0, 2]]);
    expect(
      nn
        .sequential()
        .forward(tensor([-1, 2]))
        .toArray(),
    ).toEqual([-1, 2]);
    expect(network.layers).toHaveLength(3);
  });

  it('refuses what is no layer', () => {
    expect(() => nn.sequential(...wrongLayers([nn.relu(), 3]))).toThrow(
      '[sequential] expected argument 1 to be a layer, got 3\nhelp: layers are modules; wrap a function: nn.lambda(fn)',
    );
    expect(() => nn.sequential(...wrongLayers([[nn.relu()]]))).toThrow(
      '[sequential] expected argument 0 to be a layer, got an array of 1\nhelp: spread the list: sequential(...layers)',
    );
    expect(() => nn.lambda(wrong(3))).toThrow('[lambda] expected a function, got 3');
    expect(() => nn.sequential().forward()).toThrow('[sequential] expected one tensor, got 0');
  });
});

describe('layers without parameters', () => {
  it('are the ops of their names', () => {
    const x = tensor(Float64Array.of(-2, 0, 1));
    const total = Math.exp(-2) + 1 + Math.E;
    const wanted = new Map<nn.Module, number[]>([
      [nn.relu(), [0, 0, 1]],
      [nn.tanh(), [Math.tanh(-2), 0, Math.tanh(1)]],
      [nn.sigmoid(), [1 / (1 + Math.exp(2)), 0.5, 1 / (1 + Math.exp(-1))]],
      [nn.softmax(), [Math.exp(-2) / total, 1 / total, Math.E / total]],
      [nn.logSoftmax(), [-2 - Math.log(total), -Math.log(total), 1 - Math.log(total)]],
      [nn.identity(), [-2, 0, 1]],
    ]);
    for (const [layer, want] of wanted) {
      layer
        .forward(x)
        .data()
        .forEach((value, i) => expect(value, layer.toString()).toBeCloseTo(want[i] ?? NaN, 14));
    }
  });

  it('flatten', () => {
    const shapes = [[2], [2, 3], [2, 3, 4], [0, 3, 4], [2, 0, 4]].map((shape) => nn.flatten().forward(numbers(shape)).shape);
    expect(shapes).toEqual([
      [2, 1],
      [2, 3],
      [2, 12],
      [0, 12],
      [2, 0],
    ]);
    expect(() => nn.flatten().forward(tensor(1))).toThrow('[flatten] expected a first axis of samples, got float32[]');
  });
});

describe('dropout', () => {
  const dropped = (module: nn.Module, training: boolean) =>
    graphOf(module, [4, 8], training).nodes.filter(({ op }) => op.name === 'dropout');

  it('runs in training only', () => {
    expect(dropped(nn.dropout(0.5), true)).toHaveLength(1);
    expect(dropped(nn.dropout(0.5), false)).toHaveLength(0);
    expect(dropped(nn.dropout(0), true)).toHaveLength(0);
    const x = numbers([2, 3], 'float32');
    expect(nn.dropout(0.5).forward(x).toArray()).toEqual(x.toArray());
    expect(
      jit((input: typeof x) => nn.dropout(0.5).forward(input))
        .sync(x)
        .toArray(),
    ).toEqual(x.toArray());
  });

  it('has a stream of its own for each place, the same in every trace', () => {
    const network = nn.sequential(nn.dropout(0.5), nn.sequential(nn.dropout(0.5)), nn.dropout(0.5));
    const streams = () => dropped(network, true).map(({ attributes }) => JSON.stringify(attributes));
    expect(new Set(streams()).size).toBe(3);
    expect(streams()).toEqual(streams());
  });

  it('has a probability in [0, 1)', () => {
    expect(() => nn.dropout(1)).toThrow('[dropout] expected probability to be a number in [0, 1), got 1');
    expect(() => nn.dropout(-0.1)).toThrow('[dropout] expected probability to be a number in [0, 1), got -0.1');
  });
});

describe('describeLayers', () => {
  it('has a row for each layer, with shapes where the input is known', () => {
    const shared = nn.linear(4, 4);
    const network = nn.sequential(nn.flatten(), shared, nn.sequential(nn.relu(), shared), nn.linear(4, 2, { bias: false }));
    network.layers[3].freeze();
    expect(nn.describeLayers(network, [{ dtype: 'float32', shape: [5, 2, 2] }])).toEqual([
      { path: '0', layer: 'flatten', outputShape: [5, 4], parameters: 0, trainable: 0, flops: 0 },
      { path: '1', layer: 'linear(4, 4)', outputShape: [5, 4], parameters: 20, trainable: 20, flops: 2 * 180 },
      { path: '2.0', layer: 'relu', outputShape: [5, 4], parameters: 0, trainable: 0, flops: 20 },
      { path: '3', layer: 'linear(4, 2)', outputShape: [5, 2], parameters: 8, trainable: 0, flops: 80 },
    ]);
    expect([...nn.namedParameters(network).values()].map(({ initialized }) => initialized)).toEqual([false, false, false]);
    expect(nn.describeLayers(nn.dropout(0.5))).toEqual([
      { path: '', layer: 'dropout(0.5)', outputShape: undefined, parameters: 0, trainable: 0, flops: undefined },
    ]);
  });
});
