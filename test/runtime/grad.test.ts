import { describe, expect, it } from 'vitest';
import {
  add,
  checkGradients,
  data,
  losses,
  Model,
  nn,
  optim,
  exp,
  grad,
  hessian,
  hvp,
  jit,
  matmul,
  mul,
  sum,
  tensor,
  tidy,
  counters,
  valueAndGrad,
  dropout,
  type Tensor,
} from '../../lib/index.js';

const float64 = (values: number[] | number[][]): Tensor => tensor(values, { dtype: 'float64' });

/** Rosenbrock's function: 100(y − x²)² + (1 − x)² */
const rosenbrock = (p: Tensor): Tensor => {
  const [x, y] = [p.gather(tensor([0], { dtype: 'int32' })), p.gather(tensor([1], { dtype: 'int32' }))];
  return y.sub(x.square()).square().mul(100).add(x.mul(-1).add(1).square()).sum();
};

describe('grad', () => {
  it('has the structure of the argument', () => {
    const f = ({ a, b }: { a: Tensor; b: [Tensor] }): Tensor => sum(mul(a, a)).add(sum(exp(b[0])));
    const gradient = grad(f)({ a: float64([1, 2]), b: [float64([0])] });
    expect([gradient.a.toArray(), gradient.b[0].toArray()]).toEqual([[2, 4], [1]]);
  });

  it('differentiates by any argument, and gives the value beside it', () => {
    const f = (a: Tensor, b: Tensor): Tensor => sum(mul(a, mul(b, b)));
    const [value, gradient] = valueAndGrad(f, { argument: 1 })(float64([3]), float64([2]));
    expect([value.item(), gradient.item()]).toEqual([12, 12]);
  });

  it('does not confuse an argument with what is captured', () => {
    const x = float64([3]);
    expect(grad((y: Tensor) => sum(mul(y, x)))(x).item()).toBe(3);
    const inner = (y: Tensor): Tensor => grad((z: Tensor) => sum(mul(z, y)))(y);
    expect(grad((y: Tensor) => sum(mul(y, inner(y))))(x).item()).toBe(6);
  });

  it('goes to any order: the fourth derivative of x⁵ is 120x', () => {
    let f = (x: Tensor): Tensor => x.mul(x).mul(x).mul(x).mul(x).sum();
    for (let order = 0; order < 4; order++) {
      const lower = f;
      f = (x) => grad(lower)(x).sum();
    }
    expect(f(float64([2])).item()).toBe(240);
  });

  it("gives Rosenbrock's gradient, Hessian and Hessian-vector product", () => {
    const p = float64([-1.2, 1]);
    const [x, y] = [-1.2, 1];
    const near = (actual: unknown, expected: number[]): void =>
      expected.forEach((value, i) => expect((actual as number[])[i]).toBeCloseTo(value, 9));
    near(grad(rosenbrock)(p).toArray(), [-400 * x * (y - x * x) - 2 * (1 - x), 200 * (y - x * x)]);
    const h = [
      [1200 * x * x - 400 * y + 2, -400 * x],
      [-400 * x, 200],
    ];
    hessian(rosenbrock)(p)
      .data()
      .forEach((value, i) => expect(value).toBeCloseTo(h.flat()[i] ?? NaN, 8));
    near(
      hvp(rosenbrock, p, float64([1, 2])).toArray(),
      h.map(([a = 0, b = 0]) => a + 2 * b),
    );
  });

  it('refuses what has no gradient, with a help line', () => {
    expect(() => grad((x: Tensor) => x)(float64([1, 2]))).toThrow(/scalar, got float64\[2\]\nhelp: take its sum or mean/);
    expect(() => grad((x: Tensor) => sum(x))(tensor([1], { dtype: 'int32' }))).toThrow('floating-point arguments, got int32[1]');
    expect(() => grad((x: Tensor) => (x.sum().item() > 0 ? x.sum() : x.mean()))(float64([1]))).toThrow(
      /not known while a function is traced\nhelp: use ops such as select/,
    );
    expect(() => hessian((x: Tensor) => sum(x))(tensor(new Float64Array(10_001)))).toThrow('use hvp');
  });

  it('tells a symbolic tensor that outlived its trace', () => {
    let kept: Tensor | undefined;
    grad((x: Tensor) => sum((kept = mul(x, 2))))(float64([1]));
    expect(() => add(kept ?? float64([0]), 1)).toThrow('belongs to a function that was traced before');
  });
});

describe('checkGradients', () => {
  it('passes right gradients and reports how near they are', () => {
    const report = checkGradients(
      (w, x) => matmul(x, w).tanh().square().mean(),
      [
        float64([[0.5], [-0.3]]),
        float64([
          [1, 2],
          [3, 4],
        ]),
      ],
    );
    for (const { relativeError } of report.args) expect(relativeError).toBeLessThan(1e-8);
  });

  it('finds a wrong one', () => {
    const wrong = (x: Tensor): Tensor => x.round().sum();
    expect(() => checkGradients(wrong, [float64([0.5])], { step: 0.6 })).toThrow(
      /argument 0: expected a directional derivative of/,
    );
  });
});

describe('jit', () => {
  it('gives what eager evaluation gives, at once and later', async () => {
    const f = valueAndGrad((w: Tensor, x: Tensor) => matmul(x, w).sub(1).square().mean());
    const [w, x] = [
      tensor([[0.5], [0.25]]),
      tensor([
        [1, 2],
        [3, 4],
      ]),
    ];
    const compiled = jit(f);
    const expected = f(w, x).map((t) => t.toArray());
    expect(compiled.sync(w, x).map((t) => t.toArray())).toEqual(expected);
    expect((await compiled(w, x)).map((t) => t.toArray())).toEqual(expected);
  });

  it('traces once for each set of shapes', () => {
    let traces = 0;
    const f = jit((x: Tensor) => {
      traces++;
      return x.mul(2);
    });
    for (const length of [1, 2, 1, 2, 3])
      expect(f.sync(tensor(new Float32Array(length).fill(1))).toArray()).toEqual(Array<number>(length).fill(2));
    expect(traces).toBe(3);
  });

  it('warns once when nearly every call brings a new shape', async () => {
    const warnings: Error[] = [];
    const listen = (warning: Error): void => void warnings.push(warning);
    process.on('warning', listen);
    const f = jit(function double(x: Tensor) {
      return x.mul(2);
    });
    for (let length = 1; length < 40; length++) f.sync(tensor(new Float32Array(length)));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', listen);
    expect(warnings.map(({ message }) => message)).toEqual([
      expect.stringContaining('double was traced for more than 32 sets of shapes'),
    ]);
  });

  it('follows a captured buffer that is assigned to, and a parameter that a model takes over', async () => {
    const total = new nn.Buffer([1]);
    const add = jit((x: Tensor) => {
      total.assign(total.add(x));
      return total.sum();
    });
    expect(add.sync(tensor([1])).item()).toBe(1);
    total.assign(tensor([100]));
    expect(add.sync(tensor([1])).item()).toBe(101);
    expect((await add(tensor([1]))).item()).toBe(102);
    expect(total.data()).toEqual(Float32Array.of(102));

    const layer = nn.linear(1, 1, { bias: false, weightInitializer: 'ones' });
    const apply = jit((x: Tensor) => layer.forward(x));
    expect(apply.sync(tensor([[3]])).item()).toBe(3);
    const model = new Model(layer, { loss: losses.meanSquaredError(), optimizer: optim.sgd({ learningRate: 0.5 }) });
    await model.fit({ x: { data: Float32Array.of(1), shape: [1, 1] }, y: { data: Float32Array.of(5), shape: [1, 1] } });
    expect(apply.sync(tensor([[3]])).item()).toBe((await model.predict({ data: Float32Array.of(3), shape: [1, 1] })).item());
  });

  it('sees captured tensors by reference and numbers as constants', () => {
    const captured = tensor([10]);
    let number = 1;
    const f = jit((x: Tensor) => x.mul(captured).add(number));
    expect(f.sync(tensor([2])).toArray()).toEqual([21]);
    number = 5;
    expect(f.sync(tensor([3])).toArray()).toEqual([31]);
  });

  it('draws anew at each call, the same for the same seed', () => {
    const make = (): ReturnType<typeof jit<[Tensor], Tensor>> => jit((x: Tensor) => dropout(x, 0.5), { training: true, seed: 3 });
    const x = tensor(new Float32Array(64).fill(1));
    const [f, g] = [make(), make()];
    const draws = [f.sync(x), f.sync(x)].map((t) => t.toArray());
    expect(draws[0]).not.toEqual(draws[1]);
    expect([g.sync(x), g.sync(x)].map((t) => t.toArray())).toEqual(draws);
  });

  it('names the op that data offends', () => {
    const f = jit((x: Tensor, i: Tensor) => x.gather(i));
    expect(() => f.sync(tensor([1, 2]), tensor([0, 7], { dtype: 'int32' }))).toThrow('[gather] index 7 at 1 is out of range');
  });

  it('refuses async functions and arguments that are no tensors', () => {
    expect(() => jit((async (x: Tensor) => x) as never).sync(tensor([1]) as never)).toThrow('expected tensors');
    expect(() => jit((x: Tensor) => x).sync(3 as never)).toThrow('numbers are constants of a trace');
  });
});

describe('memory', () => {
  it('tidy frees all but what it returns', () => {
    const before = counters().liveBuffers;
    const kept = tidy(() => {
      const a = tensor([1, 2]);
      return { b: a.mul(a).add(a) };
    });
    expect(counters().liveBuffers).toBe(before + 1);
    expect(kept.b.toArray()).toEqual([2, 6]);
    kept.b.dispose();
    expect(counters().liveBuffers).toBe(before);
    expect(() => kept.b.add(1)).toThrow('was disposed');
  });

  it('says where what is used was freed', async () => {
    const here = String.raw`at \S*grad\.test\.ts:\d+:\d+\nhelp: keep it`;
    const kept: Tensor[] = [];
    tidy(() => void kept.push(tensor([1]).add(1)));
    expect(() => kept[0]!.add(1)).toThrow(new RegExp(String.raw`float32\[1\] was disposed by tidy\(\) ${here}`, 'u'));
    expect(() => tidy(() => kept.push(tensor([2])) && tidy(() => tensor([1]).reshape([5])))).toThrow('to hold');
    expect(() => kept[1]!.data()).toThrow(new RegExp(String.raw`by tidy\(\) ${here}`, 'u'));
    const dataset = data.from({ x: [[1, 2]] });
    dataset.dispose();
    expect(() => dataset.fields.get('x')!.tensor.data()).toThrow(new RegExp(String.raw`by dispose\(\) ${here}`, 'u'));
    const model = new Model(nn.linear(2, 1));
    await model.predict([[1, 2]]);
    model.dispose();
    await expect(model.predict([[1, 2]])).rejects.toThrow(/the model was disposed by dispose\(\) at \S*grad\.test\.ts:\d+:\d+$/u);
    expect(() => model.network.forward(tensor([[1, 2]]))).toThrow(
      new RegExp(String.raw`by dispose\(\) of the model ${here}`, 'u'),
    );
  });

  it('using frees at the end of the block', () => {
    const before = counters().liveBuffers;
    {
      using a = tensor([1]);
      expect(a.item()).toBe(1);
    }
    expect(counters().liveBuffers).toBe(before);
  });
});
