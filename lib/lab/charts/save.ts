import { RavineError, describe } from '../../errors.js';
import { writeAtomically } from '../../io/atomic.js';

/** Writes a chart or a page: at any moment the path holds the old file or the whole new one. The folder has to exist. */
export async function saveChart(path: string, chart: string): Promise<void> {
  const where = 'lab.saveChart';
  if (typeof path !== 'string' || path === '') throw new RavineError('option', where, `expected a path, got ${describe(path)}`);
  if (typeof chart !== 'string' || !chart.startsWith('<')) {
    const help = 'charts are promises: await lab.lineChart(…)';
    throw new RavineError('option', where, `expected an SVG or a page, got ${describe(chart)}`, { help });
  }
  await writeAtomically(where, path, [new TextEncoder().encode(chart)]);
}
