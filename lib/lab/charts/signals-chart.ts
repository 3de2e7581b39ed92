import { RavineError, describe } from '../../errors.js';
import { Signals } from '../signals.js';
import { render } from './echarts.js';
import { checkChart, type ChartOptions } from './options.js';
import { scaleFor } from './scale.js';
import { axis, categories, drawn, frame, marginsFor, standOf, strokeOf } from './style.js';

const where = 'lab.signalsChart';

/**
 * The scale of activations and of the loss's gradients by layer, in the order of their calls, on a logarithmic axis: level lines are signals that keep their
 * scale, slopes are signals that vanish or explode. What is 0 leaves a gap. As an SVG.
 */
export async function signalsChart(signals: Signals, options: ChartOptions = {}): Promise<string> {
  if (!(signals instanceof Signals))
    throw new RavineError('option', where, `expected signals, got ${describe(signals)}`, {
      help: 'lab.signals(model, { x, y })',
    });
  const size = checkChart(where, options, []);
  const { layers } = signals;
  const lines = {
    activations: layers.map(({ activation }) => activation.deviation),
    gradients: layers.map(({ gradient }) => gradient.deviation),
  };
  const scale = scaleFor({ scale: 'log' }, Object.values(lines).flat(), 0.06);
  const { title } = options;
  const legend = Object.keys(lines);
  // Path and kind of a layer stand in two lines: the paths of deep networks are long, their kinds longer.
  const names = layers.map(({ path, layer }) => `${path || '·'}\n${layer.replace(/\(.*/s, '')}`);
  const margins = marginsFor({ title, legend });
  const stand = standOf(names, (size.width - margins.left - margins.right) / names.length, 2);
  const option = {
    ...frame({ title, legend }, { ...margins, bottom: margins.bottom + stand.depth }),
    xAxis: categories(names, 'x', 'layer', stand),
    yAxis: axis(scale, 'y', 'standard deviation'),
    series: Object.entries(lines).map(([label, values], i) => ({
      type: 'line' as const,
      name: label,
      silent: true,
      symbol: 'circle',
      symbolSize: 6,
      data: values.map((value) => scale.place(value)),
      ...drawn(strokeOf(i), 1.8, 2),
    })),
  };
  return render(where, option, size);
}
