/**
 * The catalogue as the app uses it: the built-in one, with a deployer's `config.json` laid over it.
 */
import builtIn from '../../../model-config/catalogue.json';
import { AppError, toAppError } from '../../errors/app-error.ts';
import {
  catalogueSchema,
  deployerConfigSchema,
  describeIssues,
  MAX_CONFIG_BYTES,
  type Catalogue,
  type CatalogueEntry,
  type DeployerConfig,
} from './catalogue-schema.ts';

export interface CatalogueInUse {
  readonly catalogue: Catalogue;
  /** What people start with on this site until they choose. */
  readonly defaults: DeployerConfig['defaults'];
  /** Why `config.json` was left aside; null when there is none or it was taken. */
  readonly problem: AppError | null;
}

export function builtInCatalogue(): Catalogue {
  return catalogueSchema.parse(builtIn);
}

/**
 * Where the last `config.json` is kept for when its host is out of reach: a model that came from this site is found, and runs with
 * its library, only by what the site said of it.
 */
const KEPT_CACHE = 'meditron-config';

/**
 * Reads `config.json` beside the page and lays it over the built-in catalogue. Never throws: a broken file leaves the
 * built-in catalogue and a `problem` to show.
 * @param configUrl absolute, same origin.
 */
export async function loadCatalogue(
  configUrl: string,
  fetchImpl: typeof fetch = fetch,
  storage: Pick<CacheStorage, 'open'> = globalThis.caches,
): Promise<CatalogueInUse> {
  const base = builtInCatalogue();
  try {
    const config = await fetchConfig(configUrl, fetchImpl, storage);
    return {
      catalogue: config ? mergeCatalogue(base, config) : base,
      defaults: config?.defaults ?? {},
      problem: null,
    };
  } catch (thrown) {
    return { catalogue: base, defaults: {}, problem: toAppError(thrown, 'models/bad-config') };
  }
}

async function fetchConfig(
  url: string,
  fetchImpl: typeof fetch,
  storage: Pick<CacheStorage, 'open'>,
): Promise<DeployerConfig | null> {
  let response: Response;
  let content: string;
  try {
    response = await fetchImpl(url, { cache: 'no-cache', credentials: 'same-origin' });
    content = await response.text();
  } catch {
    // Offline: most deployments have no config.json, and the built-in catalogue always works.
    const kept = await keptConfig(url, storage);
    return kept === null ? null : parseDeployerConfig(kept);
  }
  // Hosts that answer every unknown address with index.html mean "not there" as well.
  if (response.status === 404 || response.headers.get('content-type')?.includes('text/html')) {
    await keepConfig(url, null, storage);
    return null;
  }
  if (!response.ok) {
    // A host in trouble says nothing of its models; what it said before still holds.
    const kept = await keptConfig(url, storage);
    if (kept !== null) return parseDeployerConfig(kept);
    throw badConfig(`the server answered ${String(response.status)}`);
  }
  if (content.length > MAX_CONFIG_BYTES)
    throw badConfig(`it is longer than ${String(MAX_CONFIG_BYTES)} characters`);
  const config = parseDeployerConfig(content);
  await keepConfig(url, content, storage);
  return config;
}

async function keptConfig(url: string, storage: Pick<CacheStorage, 'open'>): Promise<string | null> {
  try {
    return (await (await (await storage.open(KEPT_CACHE)).match(url))?.text()) ?? null;
  } catch {
    // No storage, nothing kept.
    return null;
  }
}

/** @param content null: the site has none any more. */
async function keepConfig(
  url: string,
  content: string | null,
  storage: Pick<CacheStorage, 'open'>,
): Promise<void> {
  try {
    const cache = await storage.open(KEPT_CACHE);
    if (content === null) await cache.delete(url);
    else await cache.put(url, new Response(content));
  } catch {
    // No storage, or a full one: then it is missing offline only.
  }
}

/** @throws AppError `models/bad-config`, its details naming the field at fault. */
export function parseDeployerConfig(content: string): DeployerConfig {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (thrown) {
    throw badConfig(thrown instanceof Error ? thrown.message : 'it is not JSON');
  }
  const parsed = deployerConfigSchema.safeParse(json);
  if (!parsed.success) throw badConfig(describeIssues(parsed.error));
  return parsed.data;
}

/** Entries of the same id are replaced where they stand; new ones follow in the order given. @throws AppError `models/bad-config`. */
export function mergeCatalogue(base: Catalogue, config: DeployerConfig): Catalogue {
  const models: CatalogueEntry[] = base.models
    .map((entry) => config.models.find((each) => each.id === entry.id) ?? entry)
    .filter((entry) => !config.hide.includes(entry.id))
    .map((entry) => withoutSources(entry, config.hideSources));
  models.push(...config.models.filter((entry) => !base.models.some((each) => each.id === entry.id)));
  const merged = catalogueSchema.safeParse({
    schema: 1,
    hubs: { ...base.hubs, ...config.hubs },
    models,
    servers: config.servers,
  });
  if (!merged.success) throw badConfig(describeIssues(merged.error));
  return merged.data;
}

/** At least one stays: the recommended one, or where that is hidden the first that is left. @throws AppError `models/bad-config`. */
function withoutSources(entry: CatalogueEntry, hidden: readonly string[]): CatalogueEntry {
  if (entry.kind === 'unavailable') return entry;
  const sources = entry.sources.filter(({ id }) => !hidden.includes(`${entry.id}/${id}`));
  const [first] = sources;
  if (!first) throw badConfig(`hideSources leaves no source of "${entry.id}"; hide the model instead`);
  const { recommended } = entry;
  const source = sources.some(({ id }) => id === recommended.source) ? recommended.source : first.id;
  return { ...entry, sources, recommended: { ...recommended, source } };
}

function badConfig(problem: string): AppError {
  return new AppError('models/bad-config', `config.json: ${problem}`, { problem });
}
