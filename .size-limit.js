import { existsSync, readFileSync } from 'node:fs';

// The entry chunk and everything it imports statically: what a browser must have before the first paint.
const path = 'dist/.vite/manifest.json';
const manifest = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
const first = new Set();
const walk = (key) => {
  const chunk = manifest[key];
  if (!chunk || first.has(chunk.file)) return;
  first.add(chunk.file);
  for (const next of chunk.imports ?? []) walk(next);
};
walk('index.html');

export default [
  {
    name: 'first load, JavaScript before any engine',
    path: [...first].map((file) => `dist/${file}`),
    gzip: true,
    limit: '150 kB',
  },
];
