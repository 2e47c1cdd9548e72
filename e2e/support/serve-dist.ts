/** The server Playwright starts: the built app as a good static host would serve it. `E2E_DIST` and `E2E_PORT` choose what and where. */
import { resolve } from 'node:path';
import { buildIfNeeded } from '../../src/tooling/build/build.ts';
import { startStaticServer } from './static-server.ts';

const dist = process.env.E2E_DIST;
if (!dist) await buildIfNeeded();
const server = await startStaticServer({
  root: resolve(dist ?? 'dist'),
  port: Number(process.env.E2E_PORT ?? 4180),
});
console.log(`Serving ${dist ?? 'dist'} on ${server.url}`);
