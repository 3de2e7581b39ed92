import { expect, it } from 'vitest';
import { abs, max, sub } from '../../lib/index.js';
import { scalar } from '../../lib/ops/constant.js';
import { tensor } from '../../lib/ops/create.js';
import { lambStep } from '../../lib/ops/lamb-step.js';

it('LAMB on a segment so long that its chunks are longer equals its definition', () => {
  const segments = [8192 * 1024 + 65, 100];
  const elements = segments.reduce((sum, length) => sum + length);
  const flat = [1, 2, 3, 4].map((k) => tensor(Float32Array.from({ length: elements }, (_, i) => 0.1 + ((i * k) % 17) / 16)));
  const inputs = [...flat, ...[0.125, 0.25, 0.5].map((value) => scalar(value))];
  const descent = { maximize: false, weightDecay: 0, decoupled: false };
  const attributes = { ...descent, beta1: 0.7, beta2: 0.9, epsilon: 0.01, decay: 0.125, segments };
  const [got, want] = [lambStep.apply(inputs, attributes), lambStep.op.definition?.(inputs, attributes) ?? []];
  expect(got).toHaveLength(3);
  got.forEach((output, i) => expect(max(abs(sub(output, want[i]!))).item()).toBeLessThan(i === 0 ? 1e-6 : 1e-30));
  expect(max(abs(sub(got[0]!, flat[0]!))).item()).toBeGreaterThan(0.01);
});
