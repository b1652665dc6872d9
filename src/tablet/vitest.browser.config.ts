import { defineConfig } from 'vitest/config';

// The built page in a real browser, against a real broker: npm run test:browser
export default defineConfig({
  test: { include: ['test/browser/**/*.spec.ts'], environment: 'node', testTimeout: 60_000, hookTimeout: 60_000, fileParallelism: false },
});
