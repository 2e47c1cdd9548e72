/** Builds the engine harness: the engines alone on a page, for tests and benchmarks. No part of the product. */
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const root = import.meta.dirname;

export default defineConfig({
  root,
  base: './',
  publicDir: false,
  logLevel: 'warn',
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    outDir: resolve(root, '../../.cache/engine-harness'),
    emptyOutDir: true,
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 8000,
    rolldownOptions: { input: [resolve(root, 'engine.html'), resolve(root, 'mlc.html')] },
  },
});
