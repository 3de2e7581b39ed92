import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node 20 has no `using`: it is compiled away, as in dist.
  oxc: { target: 'es2023' },
  test: {
    include: ['test/**/*.test.ts'],
    // What runs through a configuration of its own.
    exclude: ['test/long/**', 'test/browser/**', 'test/types/**', 'test/package/**', 'test/sanitize/**'],
    pool: 'forks',
    // vitest leaves one core to itself, which does little.
    maxWorkers: '100%',
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['lib/**/*.ts'] },
  },
});
