import type { EngineEntry } from '../engine-entry.ts';
import { REMOTE_ABILITIES } from './engine-abilities.ts';

export const remote: EngineEntry = {
  kind: 'remote',
  name: 'Server',
  abilities: REMOTE_ABILITIES,
  load: async () => {
    const { RemoteEngine } = await import('./remote-engine.ts');
    return new RemoteEngine();
  },
  fits: () => [{ on: 'server', form: 'served', lack: null }],
  weightBytes: () => Promise.resolve(0),
};
