import type { EChartsOption, init } from 'echarts';
import { RavineError } from '../../errors.js';
import type { Size } from './options.js';

/**
 * Charts are drawn by Apache ECharts, since it renders SVG without a browser or a canvas and comes as three packages; it is an optional peer, loaded when
 * the first chart is drawn.
 */
export async function render(where: string, option: EChartsOption, size: Size): Promise<string> {
  const echarts = await load(where);
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ animation: false, ...option });
    return named(chart.renderToSVGString());
  } finally {
    chart.dispose();
  }
}

async function load(where: string): Promise<{ readonly init: typeof init }> {
  try {
    return await import('echarts');
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    if (!isMissing) throw error;
    throw new RavineError('option', where, 'charts are drawn by the package echarts, which is not installed', {
      help: 'npm install echarts',
      cause: error,
    });
  }
}

/** Marks and styles that only a page that ECharts itself runs in would read. */
const forScripts = /<style >[^]*?<\/style>\n?| (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g;

/** ECharts counts its pictures in the names of their parts; here the content gives the name: the same picture has the same bytes, two in one page do not meet. */
function named(svg: string): string {
  const plain = svg.replace(forScripts, '').replaceAll(/\bzr\d+-/g, 'zr-');
  let hash = 0x811c9dc5;
  for (let i = 0; i < plain.length; i++) hash = Math.imul(hash ^ plain.charCodeAt(i), 0x01000193);
  return plain.replaceAll('zr-', `r${(hash >>> 0).toString(16)}-`);
}
