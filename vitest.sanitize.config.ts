import { defineConfig } from 'vitest/config';

// The suite on the build with sanitizers. Builds and packages are none of its business; nor is what only computes with kernels that
// test/kernels has run on every size.
const folders = [
  'long',
  'types',
  'package',
  'project',
  'browser',
  'examples',
  'lab',
  'losses',
  'metrics',
  'optim',
  'passes',
  'nn',
  'estimators',
];
const ops = [
  ...[
    'batch-norm',
    'conjugate-gradient',
    'conv',
    'elementwise',
    'group-norm',
    'indexing',
    'linear-algebra',
    'matmul',
    'movement',
  ],
  ...['optimizer', 'pool', 'random', 'reduce', 'row-norm', 'softmax', 'sparse', 'upsample'],
];
const files = [
  ...ops.map((name) => `ops/${name}`),
  ...['groups', 'learning', 'minimize', 'regularizer', 'reproducible', 'several'].map((name) => `train/${name}`),
];

export default defineConfig({
  oxc: { target: 'es2023' },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: [...folders.map((folder) => `test/${folder}/**`), ...files.map((file) => `test/${file}.test.ts`)],
    pool: 'forks',
    // vitest leaves one core to itself, which does little.
    maxWorkers: '100%',
    testTimeout: 600_000,
  },
});
