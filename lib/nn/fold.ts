import { RavineError } from '../errors.js';
import { evaluator } from '../ir/evaluator.js';
import type { Tensor } from '../ir/tensor.js';
import { tidy } from '../ir/tidy.js';
import { ones, zeros } from '../ops/constant.js';
import { add, div, mul, sqrt, sub } from '../ops/elementwise.js';
import { BatchNorm } from './batch-norm.js';
import { Conv } from './conv.js';
import { Linear } from './linear.js';
import type { Module } from './module.js';
import type { Parameter } from './parameter.js';
import { Residual } from './residual.js';
import { Sequential } from './sequential.js';

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

/**
 * A network for deployment: every batch normalisation directly behind a linear layer or a convolution is merged into it, in all chains and residual
 * connections of the network. The same outputs to rounding as the network in testing, from fewer ops. All other layers are the network's own; the network
 * stays as it is. What a module of one's own calls in its `forward` is not known to be a chain: such a module is left alone, fold what it is made of.
 */
export function fold(network: Sequential): Sequential;
export function fold(network: Residual): Residual;
export function fold(network: Module): Module;
export function fold(network: Module): Module {
  if (isResidual(network)) return foldResidual(network);
  return isChain(network) ? foldChain(network) : network;
}

function foldChain(network: Sequential): Sequential {
  const layers: Module[] = [];
  for (const layer of network.layers) {
    const before = layers.at(-1);
    if (before && takesNorm(before) && isMergeable(layer)) layers[layers.length - 1] = foldNorm(before, layer);
    else layers.push(fold(layer));
  }
  return new Sequential(layers);
}

function foldResidual({ body, shortcut }: Residual): Residual {
  return new Residual(fold(body), shortcut && fold(shortcut));
}

const takesNorm = (layer: Module): layer is Linear | Conv => layer instanceof Linear || layer instanceof Conv;
const isChain = (layer: Module): layer is Sequential => layer instanceof Sequential;
const isResidual = (layer: Module): layer is Residual => layer instanceof Residual;
const isMergeable = (layer: Module): layer is BatchNorm =>
  layer instanceof BatchNorm && layer.testStatistics === 'running' && layer.runningMean !== undefined;
