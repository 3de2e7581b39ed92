import { formatTable } from '../table.js';
import { countFlops, describeLayers } from '../nn/describe.js';
import type { AnyModule } from '../nn/module.js';
import { inputType, type InputShape } from '../nn/shape-trace.js';

/** A network as a table: a line a layer, then the parameters and FLOPs in all; those that no layer asks for count there only. */
export function summarize(network: AnyModule, inputShape?: InputShape): string {
  const inputs = inputShape && [inputType('summary', network, inputShape)];
  const rows = describeLayers(network, inputs);
  const cells = rows.map(({ path, layer, outputShape, parameters, flops }) => [
    path,
    layer,
    outputShape
      ? `[batch${outputShape
          .slice(1)
          .map((length) => `, ${length}`)
          .join('')}]`
      : '',
    parameters.toLocaleString('en'),
    ...(flops === undefined ? [] : [flops.toLocaleString('en')]),
  ]);
  const head = ['path', 'layer', 'output', 'parameters', ...(inputs ? ['FLOPs'] : [])];
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
