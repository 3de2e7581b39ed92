import { RavineError, describe } from '../errors.js';
import type { Tensor } from '../ir/tensor.js';
import type { Loss } from '../losses/loss.js';
import type { Metric } from '../metrics/metric.js';
import { checkNames, numberIn } from '../options.js';
import type { Prediction } from './prediction.js';

/** One of something, or for a network of several outputs one for each of them, by name. */
export type PerOutput<Output extends Prediction, T> = Output extends Tensor ? T : { readonly [Name in keyof Output]?: T };

/** One output of a network: what it is held to, and how. */
export interface Head {
  /** Undefined where the network has one output without a name. */
  readonly output: string | undefined;
  /** Fields of its targets and, where there are any, of its samples' weights: those of its own, or of all. */
  readonly target: string;
  readonly sampleWeight: string;
  readonly loss: Loss | undefined;
  /** Of its loss among those of all outputs. */
  readonly weight: number;
  readonly metrics: readonly Metric[];
}

export interface HeadOptions {
  readonly loss?: Loss | Readonly<Record<string, Loss | undefined>> | undefined;
  readonly lossWeights?: Readonly<Record<string, number | undefined>> | undefined;
  readonly metrics?: readonly Metric[] | Readonly<Record<string, readonly Metric[] | undefined>> | undefined;
}

const where = 'model';

/** Options as one head for each output that has a loss or metrics; without names in them, as the only one. */
export function resolveHeads({ loss, lossWeights, metrics }: HeadOptions): readonly Head[] {
  const isOne = (loss === undefined && !isRecord(metrics)) || isLoss(loss);
  return isOne ? [oneHead(loss, lossWeights, metrics)] : namedHeads(loss, lossWeights, metrics);
}

function oneHead(loss: Loss | undefined, lossWeights: unknown, metrics: unknown): Head {
  if (lossWeights !== undefined)
    throw new RavineError('option', where, 'expected lossWeights with losses by output, got one loss', {
      help: 'loss: { a: losses.…, b: losses.… }, lossWeights: { a: 1, b: 0.1 }',
    });
  return { output: undefined, target: 'y', sampleWeight: 'sampleWeight', loss, weight: 1, metrics: listOf('metrics', metrics) };
}

function namedHeads(losses: unknown, lossWeights: HeadOptions['lossWeights'], metrics: unknown): Head[] {
  const [byLoss, byMetrics] = [recordOf('loss', losses), recordOf('metrics', metrics)];
  const names = [...new Set([...Object.keys(byLoss), ...Object.keys(byMetrics)])];
  if (names.length === 0) throw new RavineError('option', where, 'expected a loss for an output, got none', { help });
  checkNames(`${where} lossWeights`, lossWeights, Object.keys(byLoss));
  return names.map((output) => {
    const loss = byLoss[output];
    if (loss !== undefined && !isLoss(loss))
      throw new RavineError('option', where, `expected loss.${output} to be a loss, got ${describe(loss)}`, { help });
    return {
      output,
      target: `y.${output}`,
      sampleWeight: `sampleWeight.${output}`,
      loss,
      weight: numberIn(where, `lossWeights.${output}`, lossWeights?.[output] ?? 1, 0),
      metrics: listOf(`metrics.${output}`, byMetrics[output]),
    };
  });
}

const help = 'loss: losses.softmaxCrossEntropy(), or by output { a: losses.…, b: losses.… }';

function recordOf(name: string, value: unknown): Readonly<Record<string, unknown>> {
  if (value === undefined) return {};
  if (isRecord(value)) return value;
  if (name === 'loss' && !Array.isArray(value)) {
    const made =
      typeof value === 'function'
        ? { help: `${value.name || 'it'} makes losses: call it, loss: losses.${value.name || '…'}()` }
        : { help };
    throw new RavineError('option', where, `expected loss to be a loss, or losses by output, got ${describe(value)}`, made);
  }
  const got = Array.isArray(value) ? 'a list' : describe(value);
  throw new RavineError('option', where, `expected ${name} by output, got ${got}`, { help: `${name}: { a: …, b: … }` });
}

function listOf(name: string, value: unknown): readonly Metric[] {
  const list: unknown = value ?? [];
  if (Array.isArray(list) && list.every(isMetric)) return list;
  throw new RavineError('option', where, `expected ${name} to be a list of metrics, got ${describe(value)}`, {
    help: 'metrics: [metrics.accuracy()]',
  });
}

function isLoss(value: unknown): value is Loss {
  return typeof value === 'object' && value !== null && 'call' in value && typeof value.call === 'function';
}

function isMetric(value: unknown): value is Metric {
  return typeof value === 'object' && value !== null && 'accumulate' in value && typeof value.accumulate === 'function';
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !isLoss(value);
}
