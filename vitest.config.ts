import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Node 20 has no `using`: it is compiled away, as in dist.
  oxc: { target: 'es2023' },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/package/**', 'test/types/**', 'test/long/**', 'test/sanitize/**'],
    pool: 'forks',
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['lib/**/*.ts'] },
  },
});
