/** Finding things in a catalogue, and the addresses it means. Free of zod: the first bundle may use it. */
import { AppError } from '../../errors/app-error.ts';
import type {
  Catalogue,
  CatalogueEntry,
  CatalogueSource,
  RunnableEntry,
  SourceLocation,
} from './catalogue-schema.ts';

export function findEntry(catalogue: Catalogue, modelId: string): CatalogueEntry | undefined {
  return catalogue.models.find((entry) => entry.id === modelId);
}

/** @throws AppError `models/unknown`. */
export function findRunnable(catalogue: Catalogue, modelId: string): RunnableEntry {
  const entry = findEntry(catalogue, modelId);
  if (!entry || entry.kind === 'unavailable') {
    throw new AppError('models/unknown', `no runnable model is called ${modelId}`, { modelId });
  }
  return entry;
}

/** @throws AppError `models/unknown`. */
export function findSource(entry: RunnableEntry, sourceId: string): CatalogueSource {
  const source = entry.sources.find((each) => each.id === sourceId);
  if (!source) {
    throw new AppError('models/unknown', `${entry.id} has no source ${sourceId}`, {
      modelId: entry.id,
      sourceId,
    });
  }
  return source;
}

/**
 * Absolute URL of a file.
 * @param file path inside the repository or folder; by default the one the location names.
 * @param pageUrl what relative addresses start from.
 */
export function fileUrl(catalogue: Catalogue, at: SourceLocation, pageUrl: string, file?: string): string {
  if ('url' in at) {
    const base = new URL(at.url, pageUrl);
    return file === undefined ? base.href : new URL(encodePath(file), base).href;
  }
  const name = file ?? at.file;
  if (name === undefined)
    throw new AppError('models/unknown', `no file named in ${at.repo}`, { repo: at.repo });
  return new URL(fill(hubOf(catalogue, at.hub).fileUrl, { ...at, file: name }), pageUrl).href;
}

/** Absolute URL of the hub's list of a repository's files, or null where there is none. */
export function treeUrl(catalogue: Catalogue, at: SourceLocation, pageUrl: string): string | null {
  if ('url' in at) return null;
  const template = hubOf(catalogue, at.hub).treeUrl;
  return template === null ? null : new URL(fill(template, { ...at, file: '' }), pageUrl).href;
}

/** The page about the source a person can open, or null. */
export function sourcePage(catalogue: Catalogue, at: SourceLocation, pageUrl: string): string | null {
  if ('url' in at) return null;
  const template = hubOf(catalogue, at.hub).pageUrl;
  return template === null ? null : new URL(fill(template, { ...at, file: '' }), pageUrl).href;
}

function hubOf(catalogue: Catalogue, hubId: string): Catalogue['hubs'][string] {
  const hub = Object.hasOwn(catalogue.hubs, hubId) ? catalogue.hubs[hubId] : undefined;
  if (!hub) throw new AppError('models/unknown', `no hub is called ${hubId}`, { hub: hubId });
  return hub;
}

function fill(template: string, values: { repo: string; revision: string; file: string }): string {
  return template
    .replaceAll('{repo}', () => encodePath(values.repo))
    .replaceAll('{revision}', () => encodePath(values.revision))
    .replaceAll('{file}', () => encodePath(values.file));
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
