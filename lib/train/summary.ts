import { checkShape } from '../shape.js';
import { describeLayers } from '../nn/describe.js';
import type { AnyModule } from '../nn/module.js';

/** A network as a table: a line a layer, then the parameters in all. */
export function summarize(network: AnyModule, inputShape?: readonly number[]): string {
  const inputs = inputShape && [{ dtype: 'float32' as const, shape: [1, ...checkShape('summary', inputShape)] }];
  const rows = describeLayers(network, inputs);
  const cells = rows.map(({ path, layer, outputShape, parameters }) => [
    path,
    layer,
    outputShape
      ? `[batch${outputShape
          .slice(1)
          .map((length) => `, ${length}`)
          .join('')}]`
      : '',
    parameters.toLocaleString('en'),
  ]);
  const head = ['path', 'layer', 'output', 'parameters'];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 3 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join('  ')
      .trimEnd();
  const total = rows.reduce((sum, row) => sum + row.parameters, 0);
  const trainable = rows.reduce((sum, row) => sum + row.trainable, 0);
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [
    line(head),
    rule,
    ...cells.map(line),
    rule,
    `${total.toLocaleString('en')} parameters, ${trainable.toLocaleString('en')} of them trainable`,
  ].join('\n');
}
