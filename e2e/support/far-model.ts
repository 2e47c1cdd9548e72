/** The app with one more model: its weights lie on a host that the policy allows, or come from a file. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { startStaticServer, type StaticServer } from './static-server.ts';

const DIST = resolve(process.env.E2E_DIST ?? 'dist');

export function startAppWithFarModel(): Promise<StaticServer> {
  const { models } = JSON.parse(readFileSync(resolve('model-config/catalogue.json'), 'utf8')) as {
    models: [object & { licence: object }];
  };
  const [demo] = models;
  const far = {
    ...demo,
    id: 'far',
    name: 'Far model',
    kind: 'fetched',
    licence: { ...demo.licence, mustAccept: false },
    llamacpp: { contextLength: 512, cpuContextLength: 512, gpuBytes: 1, cpuBytes: 1, bundled: null },
    recommended: { engine: 'mlc', source: 's' },
    sources: [
      {
        id: 's',
        label: 'Q4_0',
        format: 'gguf',
        at: { hub: 'huggingface', repo: 'test/models', file: 'far.gguf' },
        bytes: 0,
        runsAsIs: true,
        conversion: 'repacked',
      },
    ],
  };
  return startStaticServer({
    root: DIST,
    fault: (_, response, path) => {
      if (path !== '/config.json') return false;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify({ schema: 1, models: [far] }));
      return true;
    },
  });
}
