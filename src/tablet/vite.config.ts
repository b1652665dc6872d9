import { readFileSync } from 'node:fs';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';
import { dependencies } from './package.json';

/** The built page carries the licences of what is bundled into it. */
function licences(): Plugin {
  const read = (name: string) => ['LICENSE', 'LICENSE.md'].flatMap((file) => tryRead(`node_modules/${name}/${file}`)).slice(0, 1);
  return {
    name: 'licences',
    apply: 'build',
    generateBundle() {
      const source = Object.keys(dependencies).flatMap((name) => [`== ${name} ==`, ...read(name)]);
      this.emitFile({ type: 'asset', fileName: 'LICENSES.txt', source: source.join('\n\n') });
    },
  };
}

function tryRead(file: string): string[] {
  try {
    return [readFileSync(new URL(file, import.meta.url), 'utf8')];
  } catch {
    return [];
  }
}

// The daemon serves the built folder below /tablet/ with a strict content security policy: every
// asset is a file of its own (no data: fonts, no inline code), addressed relative to the page.
export default defineConfig({
  base: './',
  plugins: [licences()],
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  build: { target: 'es2021', assetsInlineLimit: 0, modulePreload: { polyfill: false }, chunkSizeWarningLimit: 600 },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
