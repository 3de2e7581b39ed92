import { losses, Model, nn, tensor, type optim, type Tensor } from '../../lib/index.js';
import { numbers } from '../train/problems.js';

/** Layers with ReLU between them, in plain numbers: weights[l][i][j] from unit i to unit j, and a bias for each j. */
export interface Plain {
  readonly weights: number[][][];
  readonly biases: number[][];
}

export function plainNetwork(sizes: readonly number[], seed: number): Plain {
  const draw = numbers(seed);
  const weights = sizes
    .slice(1)
    .map((out, l) => Array.from({ length: sizes[l]! }, () => Array.from({ length: out }, () => 2 * draw() - 1)));
  return { weights, biases: sizes.slice(1).map((out) => Array.from({ length: out }, () => draw() - 0.5)) };
}

export function chain({ weights, biases }: Plain): nn.Sequential {
  const layers = weights.flatMap((matrix, l) => {
    const [bias, out] = [biases[l]!, biases[l]!.length];
    const layer = nn.linear(matrix.length, out, {
      dtype: 'float64',
      weightInitializer: () => tensor(Float64Array.from(matrix.flat()), { shape: [matrix.length, out] }),
      biasInitializer: () => tensor(Float64Array.from(bias)),
    });
    return l === 0 ? [layer] : [nn.relu(), layer];
  });
  return nn.sequential(...layers);
}

/** Incoming weights and bias of each hidden unit times its factor, outgoing ones by it. */
export function regauged({ weights, biases }: Plain, factors: readonly (readonly number[])[]): Plain {
  const into = (l: number, j: number): number => factors[l]?.[j] ?? 1;
  return {
    weights: weights.map((matrix, l) => matrix.map((row, i) => row.map((w, j) => (w * into(l, j)) / into(l - 1, i)))),
    biases: biases.map((bias, l) => bias.map((b, j) => b * into(l, j))),
  };
}

/** κ by listing every path, from each input and each bias to each output: to every weight on it the product of the squares of all others. */
export function kappaByPaths({ weights, biases }: Plain): Plain {
  const kappa = {
    weights: weights.map((matrix) => matrix.map((row) => row.map(() => 0))),
    biases: biases.map((bias) => bias.map(() => 0)),
  };
  type Edge = { readonly w: number; readonly count: (value: number) => void };
  const finish = (path: readonly Edge[]): void => {
    for (const edge of path) edge.count(path.filter((other) => other !== edge).reduce((product, { w }) => product * w * w, 1));
  };
  const extend = (path: readonly Edge[], l: number, unit: number): void => {
    if (l === weights.length) finish(path);
    else
      weights[l]![unit]!.forEach((w, j) =>
        extend([...path, { w, count: (value) => (kappa.weights[l]![unit]![j]! += value) }], l + 1, j),
      );
  };
  weights[0]!.forEach((_, input) => extend([], 0, input));
  biases.forEach((bias, l) =>
    bias.forEach((w, j) => extend([{ w, count: (value) => (kappa.biases[l]![j]! += value) }], l + 1, j)),
  );
  return kappa;
}

/** Gradients of the mean squared error. */
export function plainGradients({ weights, biases }: Plain, x: readonly number[][], y: readonly number[][]): Plain {
  const result = {
    weights: weights.map((matrix) => matrix.map((row) => row.map(() => 0))),
    biases: biases.map((bias) => bias.map(() => 0)),
  };
  x.forEach((sample, n) => {
    const inputs = [sample];
    weights.forEach((matrix, l) => {
      const z = biases[l]!.map((b, j) => inputs[l]!.reduce((total, a, i) => total + a * matrix[i]![j]!, b));
      inputs.push(l < weights.length - 1 ? z.map((value) => Math.max(value, 0)) : z);
    });
    let slope = inputs.at(-1)!.map((value, j) => (2 * (value - y[n]![j]!)) / (x.length * y[n]!.length));
    for (let l = weights.length - 1; l >= 0; l--) {
      const delta = slope.map((value, j) => (l === weights.length - 1 || inputs[l + 1]![j]! > 0 ? value : 0));
      delta.forEach((value, j) => (result.biases[l]![j]! += value));
      inputs[l]!.forEach((a, i) => delta.forEach((value, j) => (result.weights[l]![i]![j]! += a * value)));
      slope = inputs[l]!.map((_, i) => delta.reduce((total, value, j) => total + value * weights[l]![i]![j]!, 0));
    }
  });
  return result;
}

export function modelOf(network: nn.Module, optimizer: optim.Optimizer): Model {
  return new Model(network, { loss: losses.meanSquaredError(), optimizer });
}

/** In the order of `parametersOf`. */
export const flatten = ({ weights, biases }: Plain): number[] =>
  weights.flatMap((matrix, l) => [...matrix.flat(), ...biases[l]!]);

/** Parameters in the network's order and in memory's layout. */
export const parametersOf = (network: nn.Module): Tensor[] => [...nn.namedParameters(network).values()];
export const valuesOf = (network: nn.Module): number[] => parametersOf(network).flatMap((parameter) => [...parameter.data()]);
