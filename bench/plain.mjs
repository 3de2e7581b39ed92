// A multilayer perceptron in plain typed arrays: what one writes by hand in JavaScript, with the loops in the order that caches like and
// no allocation in a step.

/** layers: [{ weight: Float32Array [in, out], bias }], activation 'tanh' | 'relu' between them, softmax cross-entropy at the end. */
export class PlainNetwork {
  constructor(units, weights, { activation, optimizer, batch }) {
    this.units = units;
    this.batch = batch;
    this.activate = activation === 'tanh' ? tanhInPlace : reluInPlace;
    this.deactivate = activation === 'tanh' ? tanhGradient : reluGradient;
    this.values = units.map((width) => new Float32Array(batch * width));
    this.gradients = units.map((width) => new Float32Array(batch * width));
    this.layers = weights.map(({ weight, bias }) => ({
      weight: makeParameter(weight, optimizer),
      bias: makeParameter(bias, optimizer),
    }));
    this.update = updates[optimizer];
    this.labels = new Int32Array(batch);
    this.steps = 0;
  }

  /** One step on the samples `rows` of x [samples, features] and y; gives the mean loss before it. */
  step(x, y, rows) {
    this.gather(x, y, rows);
    const loss = this.forward();
    this.backward();
    this.steps++;
    for (const { weight, bias } of this.layers) {
      this.update(weight, this.steps);
      this.update(bias, this.steps);
    }
    return loss;
  }

  gather(x, y, rows) {
    const [features] = this.units;
    for (let i = 0; i < this.batch; i++) {
      this.values[0].set(x.subarray(rows[i] * features, (rows[i] + 1) * features), i * features);
      this.labels[i] = y[rows[i]];
    }
  }

  forward() {
    const last = this.layers.length - 1;
    this.layers.forEach(({ weight, bias }, i) => {
      const out = this.values[i + 1];
      multiply(this.values[i], weight.value, bias.value, out, this.batch, this.units[i], this.units[i + 1]);
      if (i < last) this.activate(out);
    });
    return crossEntropy(this.values.at(-1), this.labels, this.gradients.at(-1), this.batch, this.units.at(-1));
  }

  backward() {
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const { weight, bias } = this.layers[i];
      const [inputs, outputs] = [this.units[i], this.units[i + 1]];
      const incoming = this.gradients[i + 1];
      multiplyTransposedA(this.values[i], incoming, weight.gradient, bias.gradient, this.batch, inputs, outputs);
      if (i === 0) continue;
      multiplyTransposedB(incoming, weight.value, this.gradients[i], this.batch, inputs, outputs);
      this.deactivate(this.gradients[i], this.values[i]);
    }
  }
}

function makeParameter(value, optimizer) {
  const zeros = () => new Float32Array(value.length);
  const states = { sgd: 0, momentum: 1, adam: 2 }[optimizer];
  return { value: Float32Array.from(value), gradient: zeros(), state: Array.from({ length: states }, zeros) };
}

/** out [n, b] = x [n, a] · w [a, b] + bias [b] */
function multiply(x, w, bias, out, n, a, b) {
  for (let i = 0; i < n; i++) {
    const row = i * b;
    for (let j = 0; j < b; j++) out[row + j] = bias[j];
    for (let k = 0; k < a; k++) {
      const factor = x[i * a + k];
      const from = k * b;
      for (let j = 0; j < b; j++) out[row + j] += factor * w[from + j];
    }
  }
}

/** w [a, b] = xᵀ · g with x [n, a], g [n, b]; bias = column sums of g */
function multiplyTransposedA(x, g, w, bias, n, a, b) {
  w.fill(0);
  bias.fill(0);
  for (let i = 0; i < n; i++) {
    const row = i * b;
    for (let j = 0; j < b; j++) bias[j] += g[row + j];
    for (let k = 0; k < a; k++) {
      const factor = x[i * a + k];
      const to = k * b;
      for (let j = 0; j < b; j++) w[to + j] += factor * g[row + j];
    }
  }
}

/** out [n, a] = g [n, b] · wᵀ with w [a, b] */
function multiplyTransposedB(g, w, out, n, a, b) {
  for (let i = 0; i < n; i++) {
    const row = i * b;
    for (let k = 0; k < a; k++) {
      const from = k * b;
      let sum = 0;
      for (let j = 0; j < b; j++) sum += g[row + j] * w[from + j];
      out[i * a + k] = sum;
    }
  }
}

/** Mean of −log softmax at the label; gradient = (softmax − one-hot) / n */
function crossEntropy(logits, labels, gradient, n, classes) {
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const row = i * classes;
    let largest = -Infinity;
    for (let j = 0; j < classes; j++) largest = Math.max(largest, logits[row + j]);
    let sum = 0;
    for (let j = 0; j < classes; j++) sum += gradient[row + j] = Math.exp(logits[row + j] - largest);
    loss += Math.log(sum) + largest - logits[row + labels[i]];
    for (let j = 0; j < classes; j++) gradient[row + j] /= sum * n;
    gradient[row + labels[i]] -= 1 / n;
  }
  return loss / n;
}

function reluInPlace(values) {
  for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
}

function reluGradient(gradient, values) {
  for (let i = 0; i < values.length; i++) if (values[i] <= 0) gradient[i] = 0;
}

function tanhInPlace(values) {
  for (let i = 0; i < values.length; i++) values[i] = Math.tanh(values[i]);
}

function tanhGradient(gradient, values) {
  for (let i = 0; i < values.length; i++) gradient[i] *= 1 - values[i] * values[i];
}

const updates = {
  sgd({ value, gradient }) {
    for (let i = 0; i < value.length; i++) value[i] -= 0.1 * gradient[i];
  },
  momentum({ value, gradient, state: [velocity] }) {
    for (let i = 0; i < value.length; i++) value[i] -= 0.05 * (velocity[i] = 0.9 * velocity[i] + gradient[i]);
  },
  adam({ value, gradient, state: [mean, square] }, step) {
    const [a, b] = [1 / (1 - 0.9 ** step), 1 / (1 - 0.999 ** step)];
    for (let i = 0; i < value.length; i++) {
      const g = gradient[i];
      mean[i] = 0.9 * mean[i] + 0.1 * g;
      square[i] = 0.999 * square[i] + 0.001 * g * g;
      value[i] -= (1e-3 * mean[i] * a) / (Math.sqrt(square[i] * b) + 1e-8);
    }
  },
};
