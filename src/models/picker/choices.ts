/** What a person can choose to answer them: what is loaded, what is here, what would have to be fetched, and servers. */
import type { DeviceFacts } from '../../engine/engine-entry.ts';
import { formatBytes } from '../../lib/format.ts';
import type { Catalogue, RunnableEntry } from '../catalogue/catalogue-schema.ts';
import { loadOptions } from '../load/model-to-load.ts';
import type { ModelsState } from '../screen/models-store.ts';
import { allServers, SERVER_PREFIX } from '../servers/servers-store.ts';
import type { ServerRecord } from '../servers/server-records.ts';

export type PickerGroup = 'here' | 'fetch' | 'server';

export interface PickerChoice {
  readonly modelId: string;
  readonly name: string;
  readonly group: PickerGroup;
  /** It is loaded, or being loaded. */
  readonly current: boolean;
  /** What choosing it takes, in words. */
  readonly note: string;
}

export interface PickerFacts {
  readonly catalogue: Catalogue;
  readonly models: Pick<ModelsState, 'installs' | 'preferredForms'>;
  readonly connected: readonly ServerRecord[];
  readonly device: DeviceFacts;
  readonly pageUrl: string;
  /** The model that is loaded or loading, and whether it is ready. */
  readonly inUse: { readonly modelId: string; readonly ready: boolean } | null;
  /** Milliseconds the last load of a model took on this device, by model id. */
  readonly loadTimes: ReadonlyMap<string, number>;
}

/** In the order in which to show them. Models that no browser runs are offered by the servers that have them. */
export function pickerChoices(facts: PickerFacts): readonly PickerChoice[] {
  const { catalogue, connected, pageUrl } = facts;
  const runnable = catalogue.models.filter((entry): entry is RunnableEntry => entry.kind !== 'unavailable');
  const ofModels = runnable.map((entry): PickerChoice => {
    const here = loadOptions(entry, facts.device, facts.models).length > 0;
    return choice(
      facts,
      entry.id,
      entry.name,
      here ? 'here' : 'fetch',
      here ? null : fetchNote(facts, entry),
    );
  });
  const servers = allServers(connected, catalogue, pageUrl).map(({ id, name, model }) =>
    choice(
      facts,
      `${SERVER_PREFIX}${id}`,
      model === null || model === name ? name : `${model} on ${name}`,
      'server',
      null,
    ),
  );
  return [
    ...ofModels.filter(({ group }) => group === 'here'),
    ...servers,
    ...ofModels.filter(({ group }) => group === 'fetch'),
  ];
}

function choice(
  { inUse, loadTimes }: PickerFacts,
  modelId: string,
  name: string,
  group: PickerGroup,
  note: string | null,
): PickerChoice {
  const current = inUse?.modelId === modelId;
  const plain = group === 'server' ? 'Words go to this server' : loadNote(loadTimes.get(modelId));
  return {
    modelId,
    name,
    group,
    current,
    note: current ? (inUse.ready ? 'Ready' : 'Loading') : (note ?? plain),
  };
}

function loadNote(ms: number | undefined): string {
  if (ms === undefined) return 'Must load first; not measured here yet';
  const seconds = ms / 1000;
  const time = seconds < 10 ? seconds.toFixed(1) : String(Math.round(seconds));
  return `Loads in about ${time} s here`;
}

function fetchNote({ models }: PickerFacts, entry: RunnableEntry): string {
  const begun = models.installs.find(({ acquisition }) => acquisition.modelId === entry.id);
  if (begun)
    return begun.status === 'ready' ? 'Here, but this device can’t run that form' : 'Not complete yet';
  const sizes = entry.sources.map(({ bytes }) => bytes).filter((bytes) => bytes > 0);
  return sizes.length === 0 ? 'Size not known' : `${formatBytes(Math.min(...sizes))} or more`;
}
