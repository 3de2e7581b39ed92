// The smallest problem that no linear model solves: f(0,0) + f(1,1) = f(0,1) + f(1,0) for every f(x) = wᵀx + b, so that no sign of it is right four times.

export const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [0, 1, 1, 0];

/**
 * Loss and accuracy of a hidden layer of eight tanh units after `steps` of gradient descent, with its `answers`; and of the best linear model: its loss is
 * convex, so where the gradient vanishes there is none lower, and that is log 2, a coin's. `ravine`: the library's exports.
 */
export async function xor({ Model, losses, metrics, nn, optim }, { seed, steps }) {
  const parts = {
    loss: losses.softmaxCrossEntropy(),
    optimizer: optim.sgd({ learningRate: 0.5 }),
    metrics: [metrics.accuracy()],
    seed,
  };
  const model = new Model(nn.sequential(nn.linear(2, 8), nn.tanh(), nn.linear(8, 2)), parts);
  const { seconds } = await model.fit({ x, y }, { steps, batchSize: 4 });
  const scores = (await model.predict(x)).toArray();
  const answers = scores.map(([zero, one]) => (one > zero ? 1 : 0));

  const linear = new Model(nn.sequential(nn.linear(2, 2, { dtype: 'float64' })), parts);
  const precise = { x: { data: Float64Array.from(x.flat()), shape: [4, 2] }, y };
  const { gradientNorm } = await linear.minimize(precise, { method: 'lbfgs', gradientTolerance: 1e-10 });
  return {
    network: await model.evaluate({ x, y }),
    answers,
    seconds,
    linear: { ...(await linear.evaluate(precise)), gradientNorm },
  };
}
