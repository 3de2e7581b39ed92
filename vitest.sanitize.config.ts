import { defineConfig } from 'vitest/config';

// The suite on the build with sanitizers. Builds and packages are none of its business; nor is what only computes with kernels that
// test/kernels and test/ops have run on every size.
export default defineConfig({
  oxc: { target: 'es2023' },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['long', 'browser', 'types', 'package', 'project', 'examples', 'lab', 'losses', 'metrics', 'optim', 'passes'].map(
      (folder) => `test/${folder}/**`,
    ),
    pool: 'forks',
    // vitest leaves one core to itself, which does little.
    maxWorkers: '100%',
    testTimeout: 600_000,
  },
});
