import { describe, expect, it } from 'vitest';
import { arrayOf, epsilon, expectElements, runKernel, sprinkle, uniform, type Elements } from './kernel.js';

/** length, outputs, kernel, stride, pad, dilation */
type Axis = readonly [number, number, number, number, number, number];
interface Windows {
  readonly y: Axis;
  readonly x: Axis;
}

const geometries: readonly Windows[] = [
  { y: [6, 3, 2, 2, 0, 1], x: [4, 2, 2, 2, 0, 1] },
  { y: [5, 3, 3, 2, 1, 1], x: [7, 7, 3, 1, 1, 1] },
  { y: [7, 3, 2, 2, 0, 3], x: [5, 5, 3, 1, 2, 2] },
  { y: [5, 3, 3, 0, 0, 1], x: [3, 7, 2, 0, 0, 1] },
  { y: [19, 2, 18, 1, 0, 1], x: [17, 1, 17, 17, 0, 1] },
  { y: [1, 1, 1, 1, 0, 1], x: [4, 0, 5, 1, 0, 1] },
];
const channelCounts = [1, 3, 8, 16, 17, 35];
const samples = 2;

/** [place in the window, index] */
function taps([length, outputs, kernel, stride, pad, dilation]: Axis, o: number): [number, number][] {
  const start = stride === 0 ? Math.floor((o * length) / outputs) : o * stride - pad;
  const size = stride === 0 ? Math.ceil(((o + 1) * length) / outputs) - start : kernel;
  const all = Array.from({ length: size }, (_, k): [number, number] => [k, start + k * dilation]);
  return all.filter(([, index]) => index >= 0 && index < length);
}

/** What output i looks at: [place, element] in the order in which the kernel walks. */
function windowOf({ y, x }: Windows, channels: number, i: number): [number, number][] {
  const c = i % channels;
  const column = Math.floor(i / channels) % x[1];
  const row = Math.floor(i / channels / x[1]) % y[1];
  const sample = Math.floor(i / channels / x[1] / y[1]);
  return taps(y, row).flatMap(([ky, iy]) =>
    taps(x, column).map(([kx, ix]): [number, number] => [ky * x[2] + kx, ((sample * y[0] + iy) * x[0] + ix) * channels + c]),
  );
}

/** Place and value that win. */
function largest(window: readonly [number, number][], x: Elements): [number, number] {
  let [place, value] = [window[0]?.[0] ?? 0, -Infinity];
  for (const [k, at] of window) {
    const element = x[at]!;
    if (element > value || Number.isNaN(element)) [place, value] = [k, element];
  }
  return [place, value];
}

describe.each(['float32', 'float64'] as const)('%s', (dtype) => {
  describe.each(geometries)('y $y, x $x', (windows) => {
    const { y, x } = windows;
    const bytes = y[2] * x[2] <= 256;
    const [inputs, outputs] = [samples * y[0] * x[0], samples * y[1] * x[1]];
    const attributes = (channels: number) => [samples, channels, ...y, ...x];

    it('max pooling, its gradient and the gradient of that', () => {
      for (const channels of channelCounts) {
        const image = sprinkle(uniform(dtype, inputs * channels, 1, -3, 3), 5);
        const placed = { dtype: bytes ? ('uint8' as const) : ('int32' as const), elements: outputs * channels };
        const result = runKernel({
          kernel: 'max_pool',
          inputs: [image],
          outputs: [{ dtype, elements: outputs * channels }, placed],
          attributes: attributes(channels),
        });
        const winners = Array.from({ length: outputs * channels }, (_, i) => largest(windowOf(windows, channels, i), image));
        expectElements(result.outputs[0], (i) => winners[i]![1]);
        expectElements(result.outputs[1], (i) => winners[i]![0]);

        const places = arrayOf(
          placed.dtype,
          winners.map(([place]) => place),
        );
        const dy = uniform(dtype, outputs * channels, 2, -3, 3);
        const dx = new Array<number>(inputs * channels).fill(0);
        winners.forEach(([place], i) => {
          const tap = windowOf(windows, channels, i).find(([k]) => k === place);
          if (tap) dx[tap[1]]! += dy[i]!;
        });
        const slope = runKernel({
          kernel: 'max_pool_gradient',
          inputs: [dy, places],
          outputs: [{ dtype, elements: inputs * channels }],
          attributes: attributes(channels),
        });
        expectElements(
          slope.outputs[0],
          (i) => dx[i]!,
          () => 30 * epsilon[dtype],
        );

        const picked = runKernel({
          kernel: 'max_pool_pick',
          inputs: [image, places],
          outputs: [{ dtype, elements: outputs * channels }],
          attributes: attributes(channels),
        });
        expectElements(picked.outputs[0], (i) => {
          const tap = windowOf(windows, channels, i).find(([k]) => k === winners[i]![0]);
          return tap ? image[tap[1]]! : 0;
        });
      }
    });

    it.each([0, 1])('average pooling and its gradient, padding counts: %i', (countPadding) => {
      const countOf = (window: readonly unknown[]) =>
        (countPadding === 1 ? (y[3] > 0 ? y[2] : 0) * (x[3] > 0 ? x[2] : 0) : 0) || window.length;
      for (const channels of channelCounts) {
        const image = uniform(dtype, inputs * channels, 3, -3, 3);
        const dy = uniform(dtype, outputs * channels, 4, -3, 3);
        const dx = new Array<number>(inputs * channels).fill(0);
        const means = Array.from(dy, (slope, i) => {
          const window = windowOf(windows, channels, i);
          for (const [, at] of window) dx[at]! += slope / countOf(window);
          return window.reduce((sum, [, at]) => sum + image[at]!, 0) / Math.max(countOf(window), 1);
        });
        const shared = { attributes: [...attributes(channels), countPadding] };
        const forward = { kernel: 'average_pool', inputs: [image], outputs: [{ dtype, elements: outputs * channels }] };
        expectElements(
          runKernel({ ...forward, ...shared }).outputs[0],
          (i) => means[i]!,
          () => 50 * epsilon[dtype],
        );
        const backward = { kernel: 'average_pool_gradient', inputs: [dy], outputs: [{ dtype, elements: inputs * channels }] };
        expectElements(
          runKernel({ ...backward, ...shared }).outputs[0],
          (i) => dx[i]!,
          () => 50 * epsilon[dtype],
        );
      }
    });
  });

  it('takes large images in chunks', () => {
    const channels = 33;
    const windows: Windows = { y: [40, 20, 3, 2, 1, 1], x: [30, 15, 2, 2, 0, 1] };
    const image = uniform(dtype, samples * 40 * 30 * channels, 1, -3, 3);
    const elements = samples * 20 * 15 * channels;
    const result = runKernel({
      kernel: 'max_pool',
      inputs: [image],
      outputs: [
        { dtype, elements },
        { dtype: 'uint8', elements },
      ],
      attributes: [samples, channels, ...windows.y, ...windows.x],
    });
    expectElements(result.outputs[0], (i) => largest(windowOf(windows, channels, i), image)[1]);
  });
});

it('refuses operands and windows that do not fit', () => {
  const run = (attributes: readonly number[], places: 'uint8' | 'int32' | 'float32' = 'uint8') =>
    runKernel({
      kernel: 'max_pool',
      inputs: [new Float32Array(16)],
      outputs: [
        { dtype: 'float32', elements: 4 },
        { dtype: places, elements: 4 },
      ],
      attributes,
    });
  const window = [4, 2, 2, 2, 0, 1];
  expect(run([1, 1, ...window, ...window]).fault).toBeNull();
  for (const bad of [
    [4, 3, 2, 2, 0, 1],
    [4, 2, 0, 2, 0, 1],
    [4, 2, 2, 2, -1, 1],
    [4, 2, 2, 2, 0, 0],
    [4, 2, 2, 0, 1, 1],
    [4, 2, 2 ** 40, 2, 0, 1],
    [4, 2, 300, 2, 0, 1],
  ])
    expect(() => run([1, 1, ...bad, ...window])).toThrow(TypeError);
  expect(() => run([1, 1, ...window, ...window], 'float32')).toThrow(TypeError);
  expect(() => run([1, -1, ...window, ...window])).toThrow(TypeError);
});
