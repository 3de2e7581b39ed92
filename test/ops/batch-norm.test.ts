import { expect, it } from 'vitest';
import { batchNorm, grad, jit, mean, randomNormal, relu, tensor, type Tensor } from '../../lib/index.js';
import { batchNormCases } from './cases/batch-norm.js';
import { testOp } from './harness.js';

batchNormCases.forEach(testOp);

it('takes the slope of an average behind its ReLU, which has fewer elements', async () => {
  const x = randomNormal([2, 3, 4, 3], { dtype: 'float64', seed: 1 });
  const ones = tensor([1, 1, 1], { dtype: 'float64' });
  const f = (t: Tensor) => {
    const averages = mean(relu(batchNorm(t, ones, ones).y), { axis: 2 });
    return averages.mul(averages.sigmoid()).mean();
  };
  const compiled = (await jit(grad(f))(x)).data();
  const oneByOne = grad(f)(x).data();
  compiled.forEach((value, i) => expect(value).toBeCloseTo(oneByOne[i]!, 14));
});
