/**
 * Where web-llm looks for a model: three caches of the Cache API, keyed by full URL. An entry under the right URL is
 * loaded without the network, whoever wrote it: that is how converted weights reach the engine. Presence is the only
 * check web-llm makes; sizes and hashes are checked by `package-check.ts`.
 *
 * This file imports nothing of web-llm and may be used anywhere.
 */
import { AppError } from '../../errors/app-error.ts';
import { CHAT_CONFIG_FILE } from '../../formats/mlc-package/package-json.ts';
import type { MlcQuantization } from '../../formats/mlc-package/quantization.ts';
import {
  LLAMA_2_7B_LIBRARY_FILES,
  MODEL_LIBRARY_URL_PREFIX,
  MODEL_LIBRARY_VERSION,
} from './web-llm-constants.ts';

/** Weights, their index and the tokenizer. */
export const MODEL_CACHE = 'webllm/model';
/** `mlc-chat-config.json`. */
export const CONFIG_CACHE = 'webllm/config';
/** Compiled model libraries. */
export const LIBRARY_CACHE = 'webllm/wasm';

export type CacheName = typeof MODEL_CACHE | typeof CONFIG_CACHE | typeof LIBRARY_CACHE;

/** One cached file: `caches.open(entry.cache)`, then `match(entry.url)` or `put(entry.url, response)`. */
export interface CacheEntry {
  readonly cache: CacheName;
  readonly url: string;
}

/**
 * The base URL of a package that was converted or imported on this machine: nothing needs to be served there, it is
 * the prefix of the cache keys. web-llm appends `resolve/main/` to a URL without `/resolve/…/`, so it has one already.
 * @param siteUrl absolute URL of the app, e.g. `document.baseURI`.
 * @param revision part of the key because web-llm never revalidates what it cached: give a new one to a changed package.
 */
export function packageBaseUrl(siteUrl: string, modelId: string, revision = 'main'): string {
  return new URL(`models/${encodeURIComponent(modelId)}/resolve/${encodeURIComponent(revision)}/`, siteUrl)
    .href;
}

/**
 * The base URL that web-llm derives from a model URL (its `cleanModelUrl`): ends with `/`, contains `/resolve/…/`.
 * @throws AppError `engine/bad-address` when the URL is not an absolute http(s) URL; web-llm would throw a bare TypeError.
 */
export function cleanBaseUrl(modelUrl: string): string {
  const slashed = modelUrl.endsWith('/') ? modelUrl : `${modelUrl}/`;
  return absoluteHttpUrl(/.+\/resolve\/.+\//.test(slashed) ? slashed : `${slashed}resolve/main/`);
}

/** The cache entry of a package's file. Files web-llm never asks for (`provenance.json`) live beside the weights. */
export function packageEntry(baseUrl: string, fileName: string): CacheEntry {
  const url = new URL(fileName, cleanBaseUrl(baseUrl)).href;
  return { cache: fileName === CHAT_CONFIG_FILE ? CONFIG_CACHE : MODEL_CACHE, url };
}

/**
 * The cache entry of a compiled library. web-llm never caches a library whose URL is relative or contains "localhost"
 * anywhere: such a URL is mapped to a stand-in under the reserved `.invalid` domain, which is what the engine hands to web-llm.
 * @throws AppError `engine/bad-address` when the URL is not an absolute http(s) URL.
 */
export function libraryEntry(libraryUrl: string): CacheEntry {
  const href = absoluteHttpUrl(libraryUrl);
  const url = href.includes('localhost')
    ? `https://library.invalid/${encodeURIComponent(href.replaceAll('localhost', 'loopback'))}`
    : href;
  return { cache: LIBRARY_CACHE, url };
}

/** Where web-llm's authors publish the Llama-2-7B library that fits the installed version: the one Meditron-7B runs on. */
export function llama2LibraryUrl(quantization: MlcQuantization): string {
  return `${MODEL_LIBRARY_URL_PREFIX}${MODEL_LIBRARY_VERSION}/${LLAMA_2_7B_LIBRARY_FILES[quantization]}`;
}

/**
 * A response to put into a cache. The Content-Length lets the engine check sizes without reading gigabytes.
 * @param byteLength of `body`; a stream of another length is noticed by `cachedByteLength` only when it is read.
 */
export function cacheableResponse(body: BodyInit, byteLength: number, contentType: string): Response {
  return new Response(body, {
    status: 200,
    headers: { 'Content-Type': contentType, 'Content-Length': String(byteLength) },
  });
}

/** Length in bytes of a cached response: from its header when it has a plain one, else by reading it. */
export async function cachedByteLength(response: Response): Promise<number> {
  const header = response.headers.get('Content-Length');
  // A Content-Encoding makes Content-Length count compressed bytes.
  if (header !== null && /^\d{1,15}$/.test(header) && response.headers.get('Content-Encoding') === null) {
    return Number(header);
  }
  return (await response.blob()).size;
}

function absoluteHttpUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw new AppError('engine/bad-address', 'Not an absolute http(s) URL.', { url: url.slice(0, 300) });
  }
  return parsed.href;
}
