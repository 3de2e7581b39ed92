import { defineConfig } from 'vitest/config';

// Pages in a real browser: chromium on the PATH, without a window.
export default defineConfig({
  oxc: { target: 'es2023' },
  test: { include: ['test/browser/**/*.test.ts'], pool: 'forks', testTimeout: 120_000, hookTimeout: 120_000 },
});
