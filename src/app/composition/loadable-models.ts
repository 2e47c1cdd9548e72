/** What could answer here at once or after loading, without fetching anything. */
import { probeDevice } from '../../device/probe.ts';
import type { RunnableEntry } from '../../models/catalogue/catalogue-schema.ts';
import { loadOptions } from '../../models/load/model-to-load.ts';
import { startModels, useModels } from '../../models/screen/models-store.ts';
import { allServers, SERVER_PREFIX, useServers } from '../../models/servers/servers-store.ts';

export async function loadableModels(): Promise<readonly { readonly id: string; readonly name: string }[]> {
  await startModels();
  const state = useModels.getState();
  const { catalogue } = state;
  if (!catalogue) return [];
  const device = await probeDevice({ navigator, isSecureContext, crossOriginIsolated });
  const here = catalogue.models.filter(
    (entry): entry is RunnableEntry =>
      entry.kind !== 'unavailable' && loadOptions(entry, device, state).length > 0,
  );
  const servers = allServers(useServers.getState().connected, catalogue, document.baseURI);
  return [
    ...here.map(({ id, name }) => ({ id, name })),
    ...servers.map(({ id, name, model }) => ({
      id: `${SERVER_PREFIX}${id}`,
      name: model === null || model === name ? name : `${model} on ${name}`,
    })),
  ];
}
