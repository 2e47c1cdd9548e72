/** The engine harness, built and served like the app: same policy, same isolation, the demo model beside it. */
import { resolve } from 'node:path';
import { build } from 'vite';
import {
  startStaticServer,
  type Fault,
  type StaticServer,
  type StaticServerOptions,
} from './static-server.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** @param name keeps builds of tests that run side by side apart. @returns the folder. */
export async function buildEngineHarness(name: string): Promise<string> {
  const outDir = resolve(ROOT, '.cache/engine-harness', name);
  await build({ configFile: resolve(ROOT, 'e2e/harness/vite.config.ts'), build: { outDir } });
  return outDir;
}

/** Serves a built harness at `/` and the models at `/models/`. */
export function serveEngineHarness(
  root: string,
  { fault, headers }: { readonly fault?: Fault; readonly headers?: StaticServerOptions['headers'] } = {},
): Promise<StaticServer> {
  return startStaticServer({
    root,
    mounts: { '/models/': resolve(ROOT, 'public/models') },
    ...(fault ? { fault } : {}),
    ...(headers ? { headers } : {}),
  });
}
