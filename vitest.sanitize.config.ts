import { defineConfig } from 'vitest/config';

// The suite on the build with sanitizers. Builds and packages are none of its business.
export default defineConfig({
  oxc: { target: 'es2023' },
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/long/**', 'test/types/**', 'test/package/**', 'test/project/**'],
    pool: 'forks',
    testTimeout: 600_000,
  },
});
