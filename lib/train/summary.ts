import { checkShape } from '../shape.js';
import { formatTable } from '../table.js';
import { countFlops, describeLayers } from '../nn/describe.js';
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
  const [titles = '', ...lines] = formatTable(head, cells, 3);
  const total = rows.reduce((sum, row) => sum + row.parameters, 0);
  const trainable = rows.reduce((sum, row) => sum + row.trainable, 0);
  const rule = '-'.repeat(Math.max(...[titles, ...lines].map(({ length }) => length)));
  return [
    titles,
    rule,
    ...lines,
    rule,
    `${total.toLocaleString('en')} parameters, ${trainable.toLocaleString('en')} of them trainable`,
    ...(inputs ? [`${countFlops(network, inputs).toLocaleString('en')} FLOPs a sample, forward`] : []),
  ].join('\n');
}
