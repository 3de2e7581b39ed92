import { expect, it } from 'vitest';
import { grad, hvp, Model, nn, optim, setThreads, tensor, zeros, type Tensor } from '../../lib/index.js';

/** What a caller in plain JavaScript may pass. */
const wrong = <T>(value: unknown): T => value as T;
const x = tensor([1, 2]);

it.each([
  ['one element of many', () => x.item(), 'expected one element, got float32[2]'],
  [
    'integers to differentiate',
    () => grad((a: Tensor) => a.sum())(tensor(Int32Array.of(1))),
    'expected floating-point arguments, got int32[1]',
  ],
  ['an argument that is none', () => grad((a: Tensor) => a.sum(), { argument: 2 })(x), 'expected an argument 2, got 1 arguments'],
  [
    'a direction of another shape',
    () => hvp((a: Tensor) => a.square().sum(), x, zeros([3])),
    'expected v to be float32[2] as x is, got float32[3]',
  ],
  [
    'no threads',
    () => {
      setThreads(0);
    },
    'expected 1 to 256 threads, got 0',
  ],
  [
    'a state that is no map',
    () => {
      new Model(nn.linear(2, 1)).loadStateDict(wrong({}));
    },
    '[loadStateDict] expected a Map of tensors by name',
  ],
  [
    'schedules that are no list',
    () => optim.schedules.sequence(wrong({ schedules: 1, boundaries: [] })),
    'expected schedules to be an array, got 1',
  ],
])('%s', (_, run, message) => {
  expect(run).toThrow(message);
});
