// The same parameters in another unit, w′ = s·w: which methods walk the same path?

/** ½wᵀAw + ¼Σw⁴: convex and not quadratic, its minimum at 0. */
export function makeFunction({ tensor }) {
  const A = tensor(Float64Array.of(1, 0.3, 0.3, 0.5), { shape: [2, 2] });
  return (w) => w.reshape([1, 2]).matmul(A).reshape([2]).mul(w).sum().mul(0.5).add(w.square().square().sum().mul(0.25));
}

/** Rows { method, scale, difference, gradient } of every method in every unit. `ravine`, `lab`: the library's exports. */
export async function units(ravine, lab, { scales, epsilon, shift }) {
  const { optim } = ravine;
  const methods = {
    'gradient descent': { optimizer: optim.sgd({ learningRate: 0.15 }), steps: 400 },
    'Newton, pure': { newton: 'pure', steps: 12 },
    'Newton, line search': { newton: 'line search', steps: 12 },
    [`Newton, H + ${shift}·I`]: { newton: { shift }, steps: 60 },
    'Adadelta, fixed ε': { optimizer: optim.adadelta({ epsilon }), steps: 300 },
    'Adadelta, ε with units': {
      optimizer: (s) => optim.adadelta({ epsilon: epsilon / s ** 2, numeratorEpsilon: epsilon * s ** 2 }),
      steps: 300,
    },
  };
  const rows = [];
  for (const scale of scales) {
    const paths = await lab.unitsOfMeasurement({ f: makeFunction(ravine), start: [2, -1.5], scale, methods });
    rows.push(...paths.map((path) => ({ scale, ...path })));
  }
  return rows;
}
