import { expect, it } from 'vitest';
import { batchNorm, checkGradients, mean, relu, tensor, type Tensor } from '../../lib/index.js';
import { batchNormCases } from './cases/batch-norm.js';
import { testOp } from './harness.js';

batchNormCases.forEach(testOp);

it('takes the slope of an average behind its ReLU, which has fewer elements', () => {
  const x = tensor([[[0.3, -1], [2, 0.4], [-0.7, 1.5]], [[1.1, 0.2], [-0.5, 0.9], [0.8, -2]]], { dtype: 'float64' }); // prettier-ignore
  const [gamma, beta] = [tensor([0.7, 1.3], { dtype: 'float64' }), tensor([0.2, -0.1], { dtype: 'float64' })];
  const f = (t: Tensor) => {
    const averages = mean(relu(batchNorm(t, gamma, beta).y), { axis: 1 });
    return averages.mul(averages).sum();
  };
  expect(checkGradients(f, [x]).args).toHaveLength(1);
});
