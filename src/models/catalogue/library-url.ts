import { packageBaseUrl } from '../../engine/mlc/cache-layout.ts';
import { MODEL_LIBRARY_URL_PREFIX, MODEL_LIBRARY_VERSION } from '../../engine/mlc/web-llm-constants.ts';
import type { RunnableEntry } from './catalogue-schema.ts';
import type { Acquisition, MlcForm } from '../storage/records.ts';

/**
 * The address under which the engine looks for a model's library: web-llm's own for a file name, the catalogue's URL, or,
 * where none is published, an address of this site's at which nothing is served: such a library must be imported.
 * @param siteUrl absolute URL of the app.
 */
export function libraryUrl(
  entry: RunnableEntry,
  form: MlcForm,
  siteUrl: string,
): { url: string; published: boolean } {
  const named = entry.mlc?.quantizations[form]?.library ?? null;
  if (named === null) {
    return { url: importedLibraryUrl(entry.id, form, siteUrl), published: false };
  }
  if (/^[\w.-]+\.wasm$/.test(named)) {
    return { url: `${MODEL_LIBRARY_URL_PREFIX}${MODEL_LIBRARY_VERSION}/${named}`, published: true };
  }
  return { url: new URL(named, siteUrl).href, published: true };
}

/** Where a library that nobody publishes is looked for: an address of this site's at which nothing is served. */
export function importedLibraryUrl(modelId: string, form: MlcForm, siteUrl: string): string {
  return new URL(`${form}.wasm`, packageBaseUrl(siteUrl, modelId, 'library')).href;
}

/** The library an install runs with, published or not; null for a GGUF, which needs none. */
export function runsWith(
  { modelId, form, library }: Pick<Acquisition, 'modelId' | 'form' | 'library'>,
  siteUrl: string,
): string | null {
  return form === 'gguf' ? null : (library?.url ?? importedLibraryUrl(modelId, form, siteUrl));
}
