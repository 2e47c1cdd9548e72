/**
 * Everything a model needs is looked up in web-llm's caches before web-llm is asked to load it. The engine never downloads:
 * that is the Models room's work, whose bytes are counted, resumable and verified, while web-llm would silently fetch 4 GB
 * at the first missing entry. The check reads the small files and only the lengths of the shards.
 */
import { AppError } from '../../errors/app-error.ts';
import type { MlcModel } from './model.ts';
import {
  cachedByteLength,
  cleanBaseUrl,
  libraryEntry,
  packageEntry,
  type CacheEntry,
} from './cache-layout.ts';
import { parseChatConfig, type ChatConfig } from '../../formats/mlc-package/chat-config.ts';
import {
  CHAT_CONFIG_FILE,
  TENSOR_CACHE_FILE,
  TOKENIZER_FILE,
} from '../../formats/mlc-package/package-json.ts';
import {
  MAX_INDEX_BYTES,
  parseTensorCache,
  type TensorIndex,
} from '../../formats/mlc-package/tensor-cache.ts';

/** Llama-3's tokenizer.json, the largest in use, has 9 MB. */
const MAX_TOKENIZER_BYTES = 64 * 1024 * 1024;

/** The largest library web-llm's authors publish has 8 MB. */
const MAX_LIBRARY_BYTES = 256 * 1024 * 1024;
/** Concurrent look-ups; each is answered by the browser process in well under a millisecond. */
const SHARD_LOOKUPS = 8;

export interface CheckedPackage {
  readonly baseUrl: string;
  /** What web-llm must be given as `model_lib`. */
  readonly libraryUrl: string;
  readonly index: TensorIndex;
  readonly config: ChatConfig;
  readonly tokenizerJson: string;
  /** Lower-case hex SHA-256 of `tensor-cache.json`, which names every shard. */
  readonly indexSha256: string;
  readonly librarySha256: string;
}

/**
 * @throws AppError
 * `engine/package-incomplete` (a describing file is missing or unreadable), `engine/shard-missing` (`details.shard`, and
 * `details.bad` of how many are), `engine/library-missing`, `engine/library-unfit`, `engine/hash-mismatch`,
 * `engine/bad-address`, `aborted`.
 */
export async function checkPackage(
  model: MlcModel,
  storage: CacheStorage,
  signal?: AbortSignal,
): Promise<CheckedPackage> {
  const baseUrl = cleanBaseUrl(model.baseUrl);
  const text = async (file: string, maxBytes: number) => {
    const bytes = await describingFile(storage, packageEntry(baseUrl, file), file, maxBytes);
    signal?.throwIfAborted();
    return bytes;
  };
  const configBytes = await text(CHAT_CONFIG_FILE, MAX_INDEX_BYTES);
  const indexBytes = await text(TENSOR_CACHE_FILE, MAX_INDEX_BYTES);
  const tokenizerBytes = await text(TOKENIZER_FILE, MAX_TOKENIZER_BYTES);
  const config = parseChatConfig(decode(configBytes), packageEntry(baseUrl, CHAT_CONFIG_FILE).url);
  const index = parseTensorCache(decode(indexBytes), packageEntry(baseUrl, TENSOR_CACHE_FILE).url);
  requireMatch(model, config, index);
  await requireShards(storage, baseUrl, index, signal);
  const library = await requireLibrary(storage, model);
  return {
    baseUrl,
    libraryUrl: library.url,
    index,
    config,
    tokenizerJson: decode(tokenizerBytes),
    indexSha256: await sha256(indexBytes),
    librarySha256: library.sha256,
  };
}

/**
 * Bytes of weights of a package in the cache: what loading it takes of the GPU, before anything is loaded.
 * @returns 0 when there is no readable index.
 */
export async function packageWeightBytes(baseUrl: string, storage: CacheStorage): Promise<number> {
  const entry = packageEntry(baseUrl, TENSOR_CACHE_FILE);
  try {
    const bytes = await describingFile(storage, entry, TENSOR_CACHE_FILE, MAX_INDEX_BYTES);
    return parseTensorCache(decode(bytes), entry.url).totalBytes;
  } catch (thrown) {
    if (thrown instanceof AppError && thrown.code === 'engine/package-incomplete') return 0;
    throw thrown;
  }
}

/** A wrong vocabulary size loads and emits only `<unk>`; a wrong quantisation fails deep inside the compiled library. */
function requireMatch(model: MlcModel, config: ChatConfig, index: TensorIndex): void {
  const { url } = packageEntry(model.baseUrl, CHAT_CONFIG_FILE);
  if (config.vocabSize !== index.vocabularyRows) {
    throw new AppError(
      'engine/package-incomplete',
      `vocab_size is ${config.vocabSize}, but lm_head has ${index.vocabularyRows} rows`,
      { url, vocabSize: config.vocabSize, rows: index.vocabularyRows },
    );
  }
  if (index.quantization !== model.quantization) {
    throw new AppError(
      'engine/package-incomplete',
      `The package is ${index.quantization ?? 'of another format'}, not ${model.quantization}`,
      { url, expected: model.quantization, found: index.quantization },
    );
  }
}

async function requireShards(
  storage: CacheStorage,
  baseUrl: string,
  index: TensorIndex,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bad: { name: string; expected: number; found: number | null }[] = [];
  const queue = index.shards.values();
  const work = async (): Promise<void> => {
    for (const { name, bytes } of queue) {
      signal?.throwIfAborted();
      const response = await match(storage, packageEntry(baseUrl, name));
      const found = response ? await cachedByteLength(response) : null;
      if (found !== bytes) bad.push({ name, expected: bytes, found });
    }
  };
  await Promise.all(Array.from({ length: SHARD_LOOKUPS }, work));
  const order = new Map(index.shards.map(({ name }, position) => [name, position]));
  bad.sort((a, b) => (order.get(a.name) ?? 0) - (order.get(b.name) ?? 0));
  const first = bad[0];
  if (!first) return;
  const { name, expected, found } = first;
  const what = found === null ? 'is missing' : `has ${found} bytes instead of ${expected}`;
  throw new AppError(
    'engine/shard-missing',
    `${name} ${what}; ${bad.length} of ${index.shards.length} shards are bad`,
    {
      shard: name,
      url: packageEntry(baseUrl, name).url,
      expectedBytes: expected,
      foundBytes: found,
      bad: bad.length,
      // All names, so that one repair mends everything; a 7B model has about 130 shards.
      badShards: bad.map((shard) => shard.name).join(' '),
    },
  );
}

async function requireLibrary(
  storage: CacheStorage,
  model: MlcModel,
): Promise<{ url: string; sha256: string }> {
  const entry = libraryEntry(model.libraryUrl);
  const response = await match(storage, entry);
  if (!response) {
    throw new AppError(
      'engine/library-missing',
      `The model library is not in the cache: ${model.libraryUrl}`,
      {
        url: model.libraryUrl,
        cacheUrl: entry.url,
      },
    );
  }
  const unfit = (why: string) =>
    new AppError('engine/library-unfit', `The model library ${why}`, { url: model.libraryUrl, reason: why });
  if ((await cachedByteLength(response.clone())) > MAX_LIBRARY_BYTES) throw unfit('is too large to be one');
  const bytes = new Uint8Array(await response.arrayBuffer());
  // "\0asm": an HTML error page stored under the library's name is the usual other thing.
  if (![0x00, 0x61, 0x73, 0x6d].every((byte, at) => bytes[at] === byte))
    throw unfit('is not a WebAssembly module');
  const actual = await sha256(bytes);
  if (model.librarySha256 !== undefined && model.librarySha256 !== actual) {
    throw new AppError('engine/hash-mismatch', 'The model library is not the expected one', {
      url: model.libraryUrl,
      expected: model.librarySha256,
      actual,
    });
  }
  return { url: entry.url, sha256: actual };
}

async function describingFile(
  storage: CacheStorage,
  entry: CacheEntry,
  file: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const response = await match(storage, entry);
  const incomplete = (why: string) =>
    new AppError('engine/package-incomplete', `${file} ${why}`, { file, url: entry.url, reason: why });
  if (!response) throw incomplete('is not in the cache');
  if ((await cachedByteLength(response.clone())) > maxBytes)
    throw incomplete(`is larger than ${maxBytes} bytes`);
  return new Uint8Array(await response.arrayBuffer());
}

async function match(storage: CacheStorage, { cache, url }: CacheEntry): Promise<Response | undefined> {
  try {
    return await (await storage.open(cache)).match(url);
  } catch (thrown) {
    throw new AppError('storage/unavailable', 'The Cache API is not available', { cache }, { cause: thrown });
  }
}

function decode(bytes: Uint8Array<ArrayBuffer>): string {
  return new TextDecoder().decode(bytes);
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
