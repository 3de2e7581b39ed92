import { RavineError } from '../errors.js';
import type { Head } from './heads.js';

/** A number that the logs show, and the sums that it is made of. */
export interface Column {
  /** `loss`, `<output>_loss`, `accuracy`, `<output>_accuracy`. */
  readonly name: string;
  readonly sums: number;
  result(sums: readonly number[], samples: number): number;
}

/** What a step adds up, in order: means of one sum each, the loss in all and those of named outputs; then metrics. */
export interface Columns {
  readonly means: readonly Column[];
  readonly metrics: readonly Column[];
}

/** The logs of a model by Keras' names. */
export function columnsOf(heads: readonly Head[]): Columns {
  const mean = (name: string): Column => ({ name, sums: 1, result: (sums, samples) => (sums[0] ?? NaN) / samples });
  const withLoss = heads.filter(({ loss }) => loss);
  const named = withLoss.flatMap(({ output }) => (output === undefined ? [] : [mean(`${output}_loss`)]));
  const means = withLoss.length > 0 ? [mean('loss'), ...named] : [];
  const metrics = heads.flatMap(({ output, metrics }) =>
    metrics.map((metric) => ({
      name: output === undefined ? metric.name : `${output}_${metric.name}`,
      sums: metric.sums,
      result: (sums: readonly number[], samples: number) => metric.result(sums, samples),
    })),
  );
  check([...means, ...metrics]);
  return { means, metrics };
}

function check(columns: readonly Column[]): void {
  const names = columns.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) < i);
  const reserved = names.find((name) => name.startsWith('val_') || name.startsWith('learning_rate'));
  if (reserved !== undefined)
    throw new RavineError('option', 'model', `expected another name than '${reserved}' for a log`, {
      help: 'val_… are the logs of the validation, learning_rate those of the optimizer',
    });
  if (twice !== undefined)
    throw new RavineError('option', 'model', `expected a name of its own for each log, got '${twice}' twice`, {
      help: "give a metric another: { ...metrics.accuracy(), name: 'accuracy2' }",
    });
}
