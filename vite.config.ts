import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import { VitePWA } from 'vite-plugin-pwa';
import { defineConfig } from 'vitest/config';
import { mirrorHosts } from './src/app/security/mirror-hosts.ts';
import { modelServers, securityHeaders } from './src/app/security/security-headers.ts';
import { buildRecord, commitHere } from './src/tooling/build/build-record.ts';
import {
  hostingFiles,
  integrityInPage,
  noticeInPage,
  policyInPage,
  styleInPage,
} from './src/tooling/build/build-plugins.ts';

const { version } = JSON.parse(readFileSync(new URL('./package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const UNITS = ['src/**/*.test.{ts,tsx}', 'model-config/**/*.test.ts'];
const MOCKED = 'src/**/*.mocked.test.ts';
/** Property tests on a busy machine take seconds; a hang still ends. */
const unit = { environment: 'node', testTimeout: 120_000 } as const;

export default defineConfig({
  // Relative addresses: the build works from any sub-path of any static host.
  base: './',
  plugins: [
    react(),
    tailwindcss(),
    policyInPage(),
    noticeInPage(),
    styleInPage(),
    integrityInPage(),
    hostingFiles(),
    VitePWA({
      strategies: 'injectManifest',
      srcDir: 'src/app/offline',
      filename: 'service-worker.ts',
      // Registered by our own code (offline/registration.ts); the manifest is a file in public/.
      injectRegister: false,
      manifest: false,
      injectManifest: {
        globPatterns: [
          '**/*.{html,js,css,wasm,woff2,svg,png,json,webmanifest}',
          'models/demo/demo-q4_0.gguf',
          // Licences and the bill of materials are part of the app.
          '{LICENSE.txt,THIRD_PARTY.md,sbom.cdx.json}',
        ],
        globIgnores: ['.vite/**', 'screenshots/**', 'config.json', 'build.json'],
        // web-llm's chunk has 7 MB and llama.cpp's wasm 9 MB: both are wanted offline.
        maximumFileSizeToCacheInBytes: 32 * 1024 * 1024,
      },
    }),
    buildRecord(),
  ],
  resolve: {
    alias: {
      // Its browser build decodes `&amp;` by writing innerHTML, which Trusted Types refuse: every reply with an entity in it
      // would be shown unformatted. The other build has a table.
      'decode-named-character-reference': fileURLToPath(
        new URL('./node_modules/decode-named-character-reference/index.js', import.meta.url),
      ),
    },
  },
  define: {
    __APP_VERSION__: JSON.stringify(version),
    __APP_COMMIT__: JSON.stringify(commitHere()),
    __MODEL_MIRRORS__: JSON.stringify(mirrorHosts(process.env.MODEL_MIRRORS)),
    __MODEL_SERVERS__: JSON.stringify(modelServers(process.env.MODEL_SERVERS)),
  },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // Fonts and images stay files, so that the policy needs no data: fonts and the cache can keep them.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 8000,
    manifest: true,
  },
  preview: { port: 4173, headers: securityHeaders() },
  server: {
    headers: {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    },
  },
  test: {
    // Every core: the default leaves one idle, which on two is half of them.
    maxWorkers: '100%',
    // A thread starts sooner than a process, and two hundred files each get one.
    pool: 'threads',
    // Files of one worker share what they import (half of their time otherwise), but for those that put other modules in its place.
    projects: [
      {
        extends: true,
        test: { ...unit, name: 'unit', include: UNITS, exclude: [MOCKED], isolate: false },
      },
      { extends: true, test: { ...unit, name: 'unit-mocked', include: [MOCKED] } },
    ],
  },
});
