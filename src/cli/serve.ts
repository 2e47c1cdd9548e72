/** `npm start`: builds if needed, serves the static build, opens a browser where there is a desktop. */
import { preview } from 'vite';
import { buildIfNeeded, ROOT } from './build.ts';

await buildIfNeeded();
const desktop = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
const server = await preview({
  root: ROOT,
  // 4173, or the next free port.
  preview: { port: 4173, strictPort: false, open: desktop && !process.env.CI },
});
console.log('\nMeditron Web is ready. Open this address in Chrome or Edge:\n');
for (const url of server.resolvedUrls?.local ?? []) console.log(`  ${url}`);
console.log('\nCtrl+C stops it.');
