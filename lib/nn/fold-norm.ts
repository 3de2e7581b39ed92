import { RavineError } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { ones, zeros } from '../ops/constant.js';
import { add, div, mul, sqrt, sub } from '../ops/elementwise.js';
import { BatchNorm } from './batch-norm.js';
import { Conv } from './conv.js';
import { Linear } from './linear.js';
import type { AnyModule } from './module.js';
import type { Parameter } from './parameter.js';

/**
 * A linear layer or convolution that does what it and the batch normalisation behind it do in testing: w' = w·γ/√(σ² + ε) for each output,
 * b' = (b − μ)·γ/√(σ² + ε) + β with the running statistics. The two are left as they are.
 */
export function foldNorm(layer: Linear | Conv, norm: BatchNorm): Linear | Conv {
  const { runningMean, runningVar, features, dtype } = norm;
  const outputs = layer.weight.shape.at(-1);
  if (!runningMean || !runningVar || norm.testStatistics !== 'running')
    throw new RavineError('option', 'fold', `expected a batch normalisation by running statistics, got ${norm.toString()}`);
  if (outputs !== features || layer.weight.dtype !== dtype)
    throw new RavineError(
      'shape',
      'fold',
      `expected a layer of ${features} outputs before ${norm.toString()}, got ${layer.toString()}`,
    );
  const folded = withBias(layer);
  tidy(() => {
    const scale = div(norm.weight ?? ones([features], { dtype }), sqrt(add(runningVar, norm.epsilon)));
    const off = sub(layer.bias ?? zeros([features], { dtype }), runningMean);
    adopt(folded.weight, mul(layer.weight, scale));
    if (folded.bias) adopt(folded.bias, add(mul(off, scale), norm.bias ?? zeros([features], { dtype })));
  });
  return folded;
}

/** The same layer with parameters of its own, and a bias. */
function withBias(layer: Linear | Conv): Linear | Conv {
  return layer instanceof Conv
    ? new Conv(layer.name, layer.axes, layer.inChannels, layer.outChannels, layer.size, { ...layer.options, bias: true })
    : new Linear(layer.inFeatures, layer.outFeatures, { dtype: layer.weight.dtype });
}

function adopt(parameter: Parameter, value: Tensor): void {
  parameter.adopt(evaluator().share(value.storage));
}

export const takesNorm = (layer: AnyModule): layer is Linear | Conv => layer instanceof Linear || layer instanceof Conv;
export const isMergeable = (layer: AnyModule): layer is BatchNorm =>
  layer instanceof BatchNorm && layer.testStatistics === 'running' && layer.runningMean !== undefined;
