import { describe, expect, it } from 'vitest';
import {
  checkGradients,
  div,
  grad,
  hessian,
  hvp,
  jit,
  matmul,
  mean,
  mul,
  nn,
  randomNormal,
  relu,
  tensor,
  type Tensor,
} from '../../lib/index.js';
import { counted, expectClose } from './golden.js';

const onBatch = { training: true };

describe('the lecture’s toy, z = w₃·w₂w₁x divided by its batch mean', () => {
  const x = tensor(Float64Array.of(0.5, 1, 2, 3.5));
  const slopeOf = (w2: number, normalized: boolean): number => {
    const z = (w3: Tensor): Tensor => {
      const inner = mul(x, 0.7 * w2);
      return mean(mul(mul(normalized ? div(inner, mean(inner)) : inner, w3), tensor(Float64Array.of(1, -2, 0.5, 3))));
    };
    return grad(z)(tensor(Float64Array.of(1.3)).reshape([])).item();
  };

  it('dz/dw₃ does not change when w₂ is scaled 100 times; without the division it does', () => {
    expect(slopeOf(100, true) / slopeOf(1, true)).toBeCloseTo(1, 12);
    expect(slopeOf(100, false) / slopeOf(1, false)).toBeCloseTo(100, 10);
  });
});

describe('batch normalisation', () => {
  const x = counted([16, 3], (i) => ((7919 * i) % 101) / 32 - 1.5);
  const w = counted([3, 4], (i) => ((31 * i) % 17) / 8 - 1);

  it('does not see the scale of the weights before it, and turns their gradient down by as much', () => {
    const layer = nn.batchNorm(4, { epsilon: 0, dtype: 'float64' });
    const run = jit((weights: Tensor) => layer.forward(matmul(x, weights)), onBatch);
    expectClose(run.sync(mul(w, 100)), [...run.sync(w).data()], 1e-12);
    const slope = jit(
      grad((weights: Tensor) =>
        layer
          .forward(matmul(x, weights))
          .square()
          .mul(x.slice([0, 0], [16, 1]))
          .sum(),
      ),
      onBatch,
    );
    expectClose(mul(slope.sync(mul(w, 100)), 100), [...slope.sync(w).data()], 1e-10);
  });

  // ‖H₁₂‖ by itself tells the weights' scale: with normalisation it goes as 1/(s₁s₂). This coupling does not depend on either scale. Units that
  // saturate are another matter: with tanh and weights of deviation 2 and more it is not smaller.
  it.each([0.25, 1, 4])('couples two ReLU layers less in the Hessian, weights of deviation %d', (deviation) => {
    const y = counted([16, 1], (i) => ((13 * i) % 7) / 3 - 1);
    const readout = counted([3, 1], (i) => 1 - i / 2);
    const norms = [2, 3].map((features) => nn.batchNorm(features, { dtype: 'float64' }));
    /** ‖H₁₂‖/√(‖H₁₁‖·‖H₂₂‖) for the six weights of a 3-2 layer and the six of a 2-3 layer behind it. */
    const coupling = (normalized: boolean): ((parameters: Tensor) => number) => {
      const layer = (input: Tensor, weights: Tensor, i: number): Tensor => {
        const product = matmul(input, weights);
        return relu(normalized ? norms[i]!.forward(product) : product);
      };
      const loss = (parameters: Tensor): Tensor => {
        const [first, second] = [parameters.slice([0], [6]).reshape([3, 2]), parameters.slice([6], [12]).reshape([2, 3])];
        return matmul(layer(layer(x, first, 0), second, 1), readout)
          .sub(y)
          .square()
          .mean();
      };
      const matrix = jit(hessian(loss), onBatch);
      return (parameters) => {
        const h = matrix.sync(parameters);
        const block = (row: number, column: number) =>
          h
            .slice([row, column], [row + 6, column + 6])
            .square()
            .sum()
            .item();
        return Math.sqrt(block(0, 6)) / (block(0, 0) * block(6, 6)) ** (1 / 4);
      };
    };
    const [plain, normalized] = [coupling(false), coupling(true)];
    const ratios = Array.from({ length: 21 }, (_, seed) => {
      const point = randomNormal([12], { dtype: 'float64', seed, deviation });
      return normalized(point) / plain(point);
    });
    // Where every unit of the plain network is dead there is nothing to compare.
    const alive = ratios.filter(Number.isFinite).sort((first, second) => first - second);
    expect(alive.length).toBeGreaterThan(15);
    expect(alive[alive.length >> 1]).toBeLessThan(0.7);
  });
});

describe('effects', () => {
  const layer = nn.batchNorm(3, { dtype: 'float64' });
  const x = counted([8, 3], (i) => ((31 * i) % 17) / 8 - 1);
  const f = (input: Tensor): Tensor => relu(layer.forward(input)).square().sum();
  const state = () => [...layer.runningMean!.data(), ...layer.runningVar!.data(), layer.batchesTracked!.item()];

  it('a training step assigns the running statistics once', () => {
    jit(f, onBatch).sync(x);
    expect(layer.batchesTracked!.item()).toBe(1);
  });

  it('second derivatives and checks leave them alone', () => {
    const before = state();
    jit((input: Tensor) => hvp(f, input, input), onBatch).sync(x);
    expect(state()).toEqual(before);
    jit(hessian(f), onBatch).sync(x);
    expect(state()).toEqual(before);
    checkGradients(f, [x]);
    expect(state()).toEqual(before);
  });
});
