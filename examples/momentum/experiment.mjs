// Momentum on quadratics: the five regimes on one eigenvalue, and the measured rate against theory over a grid of α and β with several.

/** α, β and λ of each regime. */
export const regimes = {
  monotonic: [0.1, 0.25, 1],
  ripples: [0.1, 0.81, 1],
  oscillation: [2.4, 0.25, 1],
  'one-step': [1, 0, 1],
  divergent: [2.6, 0.25, 1],
};

export const eigenvalues = [0.05, 0.2, 0.6, 1];

/** By rows of β: { alpha, beta, predicted, measured }. Measured where it is predicted to converge. */
export function rates(lab, { points, lambdas = eigenvalues }) {
  const greatest = Math.max(...lambdas);
  return Array.from({ length: points }, (_, row) => (0.95 * row) / Math.max(1, points - 1)).flatMap((beta) =>
    Array.from({ length: points }, (_, column) => (3.8 * (column + 0.5)) / points / greatest).map((alpha) => {
      const predicted = Math.max(...lambdas.map((lambda) => lab.momentumDynamics(alpha, beta, lambda).rate));
      const measured = predicted < 1 ? lab.measureConvergence(lambdas, { alpha, beta, steps: 1000 }) : NaN;
      return { alpha, beta, predicted, measured };
    }),
  );
}

/** The optimum of theory, as it is measured. Both ends are double roots, whose ratio approaches the rate as 1 + 1/t. */
export function optima(lab, lambdas = eigenvalues) {
  const { condition, momentum, gradientDescent } = lab.optimalMomentum(lambdas);
  const steps = 3000;
  const measured = ({ alpha, beta }) => lab.measureConvergence(lambdas, { alpha, beta, steps });
  return {
    condition,
    momentum: { ...momentum, measured: measured(momentum) },
    gradient_descent: { ...gradientDescent, measured: measured(gradientDescent) },
  };
}

export function findings(lab, grid, best) {
  const converging = grid.filter(({ measured }) => !Number.isNaN(measured));
  const errors = converging.map(({ predicted, measured }) => Math.abs(measured - predicted) / predicted);
  const least = converging.reduce((a, b) => (b.measured < a.measured ? b : a));
  return {
    regimes: Object.fromEntries(Object.entries(regimes).map(([name, [a, b, l]]) => [name, lab.momentumDynamics(a, b, l).regime])),
    points: grid.length,
    converging: converging.length,
    worst_error: Math.max(...errors),
    best_of_grid: least,
    optimum: best,
  };
}
