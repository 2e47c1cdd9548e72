/** `npm start`: builds if needed, serves the static build, opens a browser where there is a desktop. */
import compression from 'compression';
import { preview, type Connect, type PreviewServer } from 'vite';
import { buildIfNeeded, ROOT } from '../tooling/build/build.ts';

/**
 * Serves a build as static hosts do: with the security headers, and compressed.
 * @param port 4173 by custom; the next free one is taken where it is in use.
 */
export function serve(port: number, open: boolean, dist = 'dist'): Promise<PreviewServer> {
  return preview({
    root: ROOT,
    build: { outDir: dist },
    preview: { port, strictPort: false, open },
    plugins: [
      {
        name: 'compression',
        configurePreviewServer({ middlewares }) {
          // Typed for Express, whose requests it does not need.
          middlewares.use(compression() as unknown as Connect.NextHandleFunction);
        },
      },
    ],
  });
}

if (process.argv[1] === import.meta.filename) {
  await buildIfNeeded();
  const desktop = process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
  const server = await serve(4173, desktop && !process.env.CI);
  console.log('\nMeditron Web is ready. Open this address in Chrome or Edge:\n');
  for (const url of server.resolvedUrls?.local ?? []) console.log(`  ${url}`);
  console.log('\nCtrl+C stops it.');
}
