/**
 * Lets web-llm "instantiate" the stand-in library in this worker: a WebAssembly module whose custom section says which package
 * to compute with. The exports are JavaScript; everything between them and the engine is web-llm's own code.
 */
import { ReferenceLlama } from '../../../src/transcode/testing/reference-llama.ts';
import { MODEL_CACHE, packageEntry } from '../../../src/engine/mlc/cache-layout.ts';
import { Ffi } from './ffi.ts';
import { spyOnGpu } from './gpu-spy.ts';
import { defineLibrary, type TokenModel } from './library.ts';
import { readMiniLibrary, type MiniLibrary } from './mini-library.ts';

type Environment = ConstructorParameters<typeof Ffi>[0];

const original = WebAssembly.instantiate.bind(WebAssembly) as (
  source: BufferSource,
  imports?: WebAssembly.Imports,
) => Promise<WebAssembly.WebAssemblyInstantiatedSource>;

async function instantiate(
  source: BufferSource,
  imports: WebAssembly.Imports = {},
): Promise<WebAssembly.WebAssemblyInstantiatedSource> {
  const library = source instanceof ArrayBuffer ? readMiniLibrary(new Uint8Array(source)) : null;
  if (!library) return original(source, imports);
  const ffi = new Ffi(imports.env as unknown as Environment);
  defineLibrary(ffi, await readModel(library), library);
  // The runtime asks `instanceof WebAssembly.Instance`.
  const instance = Object.create(WebAssembly.Instance.prototype, {
    exports: { value: ffi.exports() },
  }) as WebAssembly.Instance;
  return { module: new WebAssembly.Module(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])), instance };
}

async function readModel({ baseUrl, idle }: MiniLibrary): Promise<TokenModel> {
  const files = new Map<string, Uint8Array>();
  const read = async (name: string): Promise<Uint8Array> => {
    const { cache, url } = packageEntry(baseUrl, name);
    const response = await (await caches.open(cache)).match(url);
    if (!response) throw new Error(`${url} is not in ${MODEL_CACHE}`);
    const bytes = new Uint8Array(await response.arrayBuffer());
    files.set(name, bytes);
    return bytes;
  };
  const index = JSON.parse(new TextDecoder().decode(await read('tensor-cache.json'))) as {
    records: { dataPath: string; records: { name: string }[] }[];
  };
  const parameters = index.records.flatMap(({ records }) => records.map(({ name }) => name));
  const config = JSON.parse(new TextDecoder().decode(await read('mlc-chat-config.json'))) as {
    vocab_size: number;
  };
  if (idle) {
    const logits = Float32Array.from({ length: config.vocab_size }, (_, id) => -id);
    return { vocabSize: config.vocab_size, parameters, next: () => logits, truncate: () => undefined };
  }
  for (const { dataPath } of index.records) await read(dataPath);
  const llama = new ReferenceLlama((name) => {
    const bytes = files.get(name);
    if (!bytes) throw new Error(`no ${name}`);
    return bytes;
  });
  return {
    vocabSize: llama.vocabSize,
    parameters,
    next: (id) => llama.next(id),
    truncate: (tokens) => llama.truncate(tokens),
  };
}

spyOnGpu();
Reflect.set(WebAssembly, 'instantiate', instantiate);
