import { RavineError, describe } from '../../errors.js';
import { Signals } from '../signals.js';
import { render } from './echarts.js';
import { checkChart, type ChartOptions } from './options.js';
import { scaleFor } from './scale.js';
import { axis, categories, frame, marginsFor } from './style.js';

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
  const option = {
    ...frame({ title, legend }, marginsFor({ title, legend })),
    xAxis: categories(names, 'x', undefined),
    yAxis: axis(scale, 'y', 'standard deviation'),
    series: Object.entries(lines).map(([label, values]) => ({
      type: 'line' as const,
      name: label,
      silent: true,
      symbol: 'circle',
      symbolSize: 6,
      data: values.map((value) => scale.place(value)),
    })),
  };
  return render(where, option, size);
}
