/** The servers this tab knows: those a person connected, and those whoever runs this site names in `config.json`. */
import { requireAllowedServer } from '../../preferences/site-policy.ts';
import { create } from 'zustand';
import { AppError } from '../../errors/app-error.ts';
import { parseAddress } from '../../engine/remote/connect/address.ts';
import type { RemoteModel } from '../../engine/remote/model.ts';
import { setPreferences, usePreferences } from '../../preferences/preferences.ts';
import type { Catalogue, CatalogueEntry } from '../catalogue/catalogue-schema.ts';
import { forgetConsent, hasAgreed } from './consent.ts';
import { forgetKey, keyOf, setKey } from './server-keys.ts';
import {
  MAX_SERVER_NAME,
  readServers,
  SERVERS_KEY,
  writeServers,
  type ServerRecord,
} from './server-records.ts';

/** What `RemoteModel.modelId` and the preferences call a server by. */
export const SERVER_PREFIX = 'server:';

/** A server as the screen shows it. */
export interface KnownServer extends Omit<ServerRecord, 'model'> {
  /** null: the only one it has. */
  readonly model: string | null;
  /** By the site: it can't be edited or removed here, but for its key. */
  readonly fromSite: boolean;
}

export const useServers = create<{ readonly connected: readonly ServerRecord[] }>(() => ({
  connected: stored() ?? [],
}));

/** Where storage is forbidden or full, servers last as long as the tab. */
let onlyHere = false;

/** What all tabs share, as it is now: another one may have written since this one looked. */
function current(): readonly ServerRecord[] {
  const own = useServers.getState().connected;
  return onlyHere ? own : (stored() ?? own);
}

function stored(): readonly ServerRecord[] | null {
  try {
    return readServers(localStorage);
  } catch {
    return null; // forbidden, or no such thing here (a test in node)
  }
}

/** An address or a model that changed, here or in another tab, is another server as far as words go. */
function show(connected: readonly ServerRecord[]): void {
  for (const { id, root, model } of useServers.getState().connected) {
    if (!connected.some((each) => each.id === id && each.root === root && each.model === model))
      forgetConsent(id);
  }
  useServers.setState({ connected });
}

if (typeof window !== 'undefined') {
  window.addEventListener('storage', ({ key }) => {
    // null: all of it was cleared.
    if (key === SERVERS_KEY || key === null) show(current());
  });
}

/** The site's first. */
export function allServers(
  connected: readonly ServerRecord[],
  catalogue: Pick<Catalogue, 'servers'>,
  pageUrl: string,
): readonly KnownServer[] {
  const named = catalogue.servers.map(({ id, name, address, model }) => ({
    id: `site-${id}`,
    name,
    root: parseAddress(address, pageUrl).root,
    model,
    fromSite: true,
  }));
  return [...named, ...connected.map((each) => ({ ...each, fromSite: false }))];
}

export interface ServerForm {
  readonly root: string;
  readonly host: string;
  readonly model: string;
  readonly key: string;
  readonly keepKey: boolean;
}

/**
 * What a person made of a server's form. A server that the site names takes a key and nothing else: with another address or model
 * it is one of the person's own.
 * @param server whose form it was; null adds one.
 * @param only it is the one model the server has.
 * @returns the id of the one to use.
 */
export function keepServer(server: KnownServer | null, form: ServerForm, only: boolean): string {
  if (!server?.fromSite) return saveServer(server?.id ?? null, form);
  const same = server.model === null ? only : form.model === server.model;
  if (form.root !== server.root || !same) return saveServer(null, form);
  setKey(server.id, form.key, form.keepKey);
  return server.id;
}

/** @param id of the one to change; null adds one. @returns its id. */
export function saveServer(id: string | null, { root, host, model, key, keepKey }: ServerForm): string {
  const connected = current();
  const others = connected.filter((each) => each.id !== id);
  const twin = others.find((each) => each.root === root && each.model === model);
  const saved = id ?? twin?.id ?? newId();
  const rest = others.filter((each) => each.id !== saved);
  const name = shorten(rest.some((each) => each.name === host) ? `${host}, ${model}` : host);
  const before = connected.find((each) => each.id === saved);
  const record = { id: saved, name, root, model };
  setKey(saved, key, keepKey);
  put(before ? connected.map((each) => (each.id === saved ? record : each)) : [...connected, record]);
  return saved;
}

export function removeServer(id: string): void {
  forgetKey(id);
  forgetConsent(id);
  // The chat would offer to load it again.
  if (usePreferences.getState().lastModelId === `${SERVER_PREFIX}${id}`)
    setPreferences({ lastModelId: null });
  put(current().filter((each) => each.id !== id));
}

function put(connected: readonly ServerRecord[]): void {
  show(connected);
  try {
    writeServers(localStorage, connected);
    onlyHere = false;
  } catch {
    onlyHere = true;
  }
}

/** What is longer would not be read again. The card says the model's name in full. */
function shorten(name: string): string {
  // A pair of surrogates is not cut in two.
  return name.length > MAX_SERVER_NAME
    ? name.slice(0, MAX_SERVER_NAME).replace(/[\uD800-\uDBFF]$/, '')
    : name;
}

function newId(): string {
  return crypto.getRandomValues(new Uint32Array(2)).reduce((text, each) => text + each.toString(36), '');
}

/** @param modelId with the prefix. @throws AppError `models/unknown`, `policy/forbidden`. */
export function serverToLoad(modelId: string, catalogue: Catalogue, pageUrl: string): RemoteModel {
  const id = modelId.slice(SERVER_PREFIX.length);
  const server = allServers(useServers.getState().connected, catalogue, pageUrl).find(
    (each) => each.id === id,
  );
  if (!server) throw new AppError('models/unknown', 'this server is not connected any more', { modelId });
  requireAllowedServer(server.root);
  return remoteModel(server, catalogue);
}

export function remoteModel(
  { id, name, root, model }: Omit<KnownServer, 'fromSite'>,
  catalogue: Pick<Catalogue, 'models'>,
): RemoteModel {
  const entry = model === null ? null : catalogueModel(model, catalogue);
  return {
    engine: 'remote',
    modelId: `${SERVER_PREFIX}${id}`,
    displayName: entry?.name ?? model ?? name,
    quantization: 'as served',
    server: { id, name, root, model },
    promptAs: entry?.id ?? '',
    knownContext: entry?.architecture.trainedContext ?? null,
    key: () => keyOf(id),
    agreed: () => hasAgreed(id),
  };
}

/**
 * The catalogue's model a server's name for one means, e.g. `epfl-llm/meditron-70b` or `TheBloke/meditron-70B-AWQ`; it decides
 * how it is prompted. null: another model, prompted like Meditron-7B until a person chooses a form.
 */
export function catalogueModel(served: string, { models }: Pick<Catalogue, 'models'>): CatalogueEntry | null {
  // Of a path or a repository only the last part names the model.
  const name = `-${plain(
    served
      .replace(/[/\\]+$/, '')
      .split(/[/\\]/)
      .at(-1) ?? '',
  )}-`;
  const fitting = models.filter(({ id }) => name.includes(`-${plain(id)}-`));
  return fitting.reduce<CatalogueEntry | null>(
    (longest, each) => (longest && longest.id.length >= each.id.length ? longest : each),
    null,
  );
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
}
