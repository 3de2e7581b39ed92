import { defineConfig } from 'vitest/config';

export default defineConfig({
  oxc: { target: 'es2023' },
  test: { include: ['test/long/**/*.test.ts'], pool: 'forks', testTimeout: 600_000, hookTimeout: 600_000 },
});
