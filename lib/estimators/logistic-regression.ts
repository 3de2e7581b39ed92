import type { Elements } from '../data/elements.js';
import { Exclusive } from '../exclusive.js';
import { RavineError } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import { cast } from '../ops/cast.js';
import { gt } from '../ops/compare.js';
import { concat } from '../ops/concat.js';
import { tensor } from '../ops/create.js';
import { add, neg, sigmoid } from '../ops/elementwise.js';
import { matmul } from '../ops/matmul.js';
import { argmax } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { softmax } from '../ops/softmax.js';
import { minimize } from '../optim/minimize/minimize.js';
import type { MinimizeResult, StopReason } from '../optim/minimize/result.js';
import { jit } from '../runtime/index.js';
import type { Label, Labels } from '../sparse/labels.js';
import { loadLogistic, saveLogistic } from './files.js';
import { LogisticObjective, valueOffset, type LinearScores, type LogisticProblem } from './logistic-objective.js';
import {
  checkFitOptions,
  resolveOptions,
  type LogisticFitOptions,
  type LogisticRegressionOptions,
  type ResolvedOptions,
} from './options.js';
import { readFeatures, readLabels, readPadded, readWeights } from './samples.js';

export interface LogisticFit extends Omit<MinimizeResult, 'x' | 'value' | 'reason'> {
  /** E/(C·Σ weights): the mean loss with its penalty. */
  readonly loss: number;
  /** As `minimize` has it, or 'separable': without a penalty these samples have no finite minimum, and the coefficients are wherever it ended. */
  readonly reason: StopReason | 'separable';
}

/**
 * Logistic regression with scikit-learn's meaning: P(y|x) = σ(y·(w·x + b)) for two classes, y = ±1, softmax(W·x + b) for more, at the minimum of
 * E = ½‖w‖² + C·Σ sᵢ·(−log P(yᵢ|xᵢ)); the intercepts have no penalty. All samples at once, in float64, by second-order steps on a thread of its own. E
 * is convex: where there is a minimum, it is the only one. Samples are dense [samples, features]; `SparseLinear` learns from sparse ones.
 */
export class LogisticRegression {
  readonly options: ResolvedOptions;
  readonly #scores = jit(scores);
  readonly #classNumbers = jit((x: Tensor, learnt: LinearScores) => classNumbers(scores(x, learnt)));
  readonly #probabilities = jit((x: Tensor, learnt: LinearScores) => probabilities(scores(x, learnt)));
  #classes: readonly Label[] | undefined;
  #learnt: LinearScores | undefined;
  readonly #fits = new Exclusive();

  constructor(options: LogisticRegressionOptions = {}) {
    this.options = resolveOptions(options);
  }

  /**
   * Learns from scratch. Labels are any two or more values of one kind: whole numbers (−1 and 1, 0 and 1 …), texts or booleans. Not reaching the tolerance
   * is no error: `converged` and `reason` say it.
   */
  async fit(x: Elements, y: Labels | Tensor, options: LogisticFitOptions = {}): Promise<LogisticFit> {
    const where = 'LogisticRegression.fit';
    const signal = checkFitOptions(where, options);
    const { penalty, C, fitIntercept, classWeight } = this.options;
    return this.#fits.run(where, async () => {
      const features = readFeatures(where, x);
      try {
        const samples = readLabels(where, y, features.shape[0] ?? 0);
        const weights = readWeights(where, samples, classWeight, options.sampleWeight);
        const { classes, labels } = samples;
        const ridge = penalty === 'l2' ? 1 / C : 0;
        const problem = { x: features, labels, classes: classes.length, weights, ridge, fitIntercept };
        const { learnt, result } = await this.#solve(where, problem, signal);
        this.#classes = classes;
        this.#learnt = learnt;
        return result;
      } finally {
        features.dispose();
      }
    });
  }

  /** The most likely class of each sample. */
  async predict(x: Elements): Promise<Label[]> {
    const { classes, learnt } = this.#ready('LogisticRegression.predict');
    const { numbers, rows } = await this.#run('LogisticRegression.predict', x, (features) =>
      this.#classNumbers(features, learnt),
    );
    return Array.from(numbers.subarray(0, rows), (number) => classes[number] ?? NaN);
  }

  /** P(class|x): float64 [samples, classes], in the order of `classes`. */
  async predictProba(x: Elements): Promise<Tensor> {
    const where = 'LogisticRegression.predictProba';
    const { classes, learnt } = this.#ready(where);
    const { numbers, rows } = await this.#run(where, x, (features) => this.#probabilities(features, learnt));
    return tensor(numbers.subarray(0, rows * classes.length), { shape: [rows, classes.length] });
  }

  /** Scores w·x + b: float64 [samples] for two classes, above 0 for the second; else [samples, classes]. */
  async decisionFunction(x: Elements): Promise<Tensor> {
    const where = 'LogisticRegression.decisionFunction';
    const { classes, learnt } = this.#ready(where);
    const { numbers, rows } = await this.#run(where, x, (features) => this.#scores(features, learnt));
    const shape = classes.length === 2 ? [rows] : [rows, classes.length];
    return tensor(
      numbers.subarray(
        0,
        shape.reduce((product, length) => product * length),
      ),
      { shape },
    );
  }

  /** The part of samples whose class is predicted right. */
  async evaluate(x: Elements, y: Labels | Tensor): Promise<{ accuracy: number }> {
    const where = 'LogisticRegression.evaluate';
    const { classes } = this.#ready(where);
    const predicted = await this.predict(x);
    const labels = readLabels(where, y, predicted.length, classes).labels;
    return {
      accuracy:
        predicted.reduce<number>((right, label, i) => right + Number(label === classes[labels[i] ?? -1]), 0) / labels.length,
    };
  }

  /** Sorted; undefined before the first fit. */
  get classes(): readonly Label[] | undefined {
    return this.#classes;
  }

  /** float64 [outputs, features], one output for two classes: scikit-learn's coef_. */
  coefficients(): Tensor {
    const { weight } = this.#ready('LogisticRegression.coefficients').learnt;
    return tensor(weight.data(), { shape: weight.shape });
  }

  /** One an output; of more than two classes they sum to 0. 0 without `fitIntercept`. */
  intercepts(): Float64Array {
    return this.#ready('LogisticRegression.intercepts').learnt.bias.data<'float64'>();
  }

  /** Options, classes, `weight` and `bias` as safetensors, atomically: PyTorch's names and layout of a linear layer. */
  async save(path: string): Promise<void> {
    const { classes, learnt } = this.#ready('LogisticRegression.save');
    await saveLogistic(path, this.options, classes, learnt);
  }

  /** What `save` wrote: predictions are the same to the bit. */
  static async load(path: string): Promise<LogisticRegression> {
    const { options, classes, learnt } = await loadLogistic(path);
    const model = new LogisticRegression(options);
    model.#classes = classes;
    model.#learnt = learnt;
    return model;
  }

  async #solve(
    where: string,
    problem: LogisticProblem,
    signal: AbortSignal | undefined,
  ): Promise<{ learnt: LinearScores; result: LogisticFit }> {
    const { solver, tolerance, maxIterations } = this.options;
    const objective = await LogisticObjective.of(where, problem);
    problem.x.dispose();
    const start = objective.start();
    try {
      const found = await minimize(objective.value, start, {
        method: solver,
        gradientTolerance: tolerance,
        maxIterations,
        ...(signal && { signal }),
      });
      const { x, value, ...rest } = found;
      const isSeparable = await objective.isSeparable(x, found.converged);
      const learnt = objective.solution(x);
      if (x !== start) x.dispose();
      return {
        learnt,
        result: { ...rest, loss: value - valueOffset, ...(isSeparable && { reason: 'separable', converged: false }) },
      };
    } finally {
      start.dispose();
      objective.dispose();
    }
  }

  async #run(where: string, x: Elements, link: (features: Tensor) => Promise<Tensor>) {
    const { features, rows } = readPadded(where, x);
    try {
      const columns = this.#ready(where).learnt.weight.shape[1];
      if (features.shape[1] !== columns)
        throw new RavineError('shape', where, `expected ${columns} features, as in fit, got ${features.shape[1]}`);
      const output = await link(features);
      const numbers = output.data<'float64'>();
      output.dispose();
      return { numbers, rows };
    } finally {
      features.dispose();
    }
  }

  #ready(where: string): { readonly classes: readonly Label[]; readonly learnt: LinearScores } {
    if (!this.#learnt || !this.#classes)
      throw new RavineError('data', where, 'this model has learnt nothing yet', { help: 'await fit(x, y) first' });
    return { classes: this.#classes, learnt: this.#learnt };
  }
}

/** x·Wᵀ + b: [rows, outputs] */
function scores(x: Tensor, { weight, bias }: LinearScores): Tensor {
  return add(matmul(x, weight, { transposeB: true }), bias);
}

/** As float64 [rows]; equal scores go to the first class. */
function classNumbers(z: Tensor): Tensor {
  const numbers = z.shape[1] === 1 ? reshape(gt(z, 0), [z.size]) : argmax(z);
  return cast(numbers, 'float64');
}

function probabilities(z: Tensor): Tensor {
  return z.shape[1] === 1 ? concat([sigmoid(neg(z)), sigmoid(z)], 1) : softmax(z);
}
