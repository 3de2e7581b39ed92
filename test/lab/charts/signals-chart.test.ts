import { expect, it } from 'vitest';
import { Model, losses, nn, tensor } from '../../../lib/index.js';
import { signals, signalsChart } from '../../../lib/lab/index.js';
import { strokes, texts } from './svg.js';

it('a point a layer for activations and gradients; what vanishes falls', async () => {
  const network = nn.sequential(nn.linear(2, 4), nn.tanh(), nn.linear(4, 1));
  const model = new Model(network, { loss: losses.meanSquaredError(), seed: 1 });
  const measured = signals(model, {
    x: tensor([
      [1, 2],
      [3, -1],
      [0, 1],
    ]),
    y: tensor([[1], [0], [2]]),
  });
  const svg = await signalsChart(measured, { title: 'Signals' });
  expect(texts(svg)).toEqual(
    expect.arrayContaining(['Signals', 'activations', 'gradients', '0', 'linear', 'tanh', 'standard deviation']),
  );
  const [[a, b, c] = []] = strokes(svg, '#0064b4').filter((line) => line.length === 3);
  const deviations = measured.layers.map(({ activation }) => Math.log(activation.deviation));
  const share = (b![1] - a![1]) / (c![1] - a![1]);
  expect(share).toBeCloseTo((deviations[1]! - deviations[0]!) / (deviations[2]! - deviations[0]!), 1);
});

it('says what it expected', async () => {
  await expect(signalsChart(1 as never)).rejects.toThrow(
    '[lab.signalsChart] expected signals, got 1\nhelp: lab.signals(model, { x, y })',
  );
});
