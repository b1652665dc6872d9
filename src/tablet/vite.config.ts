import { defineConfig } from 'vitest/config';

// The daemon serves the built folder below /tablet/ with a strict content security policy: every
// asset is a file of its own (no data: fonts, no inline code), addressed relative to the page.
export default defineConfig({
  base: './',
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2021', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 600 },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
