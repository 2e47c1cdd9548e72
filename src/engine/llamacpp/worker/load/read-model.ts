/**
 * Brings a model's files into Blobs that llama.cpp can read, and refuses what is no model before llama.cpp sees it: wllama
 * reports truncated, foreign and HTML files as loaded.
 */
import { createSHA256 } from 'hash-wasm';
import type { ByteSource } from '../../../../lib/byte-source.ts';
import { streamWhole } from '../../../../network/fetch-whole.ts';
import type { HttpOptions } from '../../../../network/http-file.ts';
import { AppError } from '../../../../errors/app-error.ts';
import { parseGguf, type GgufHeader } from '../../../../formats/gguf/gguf-parser.ts';
import type { ModelFile } from '../../../port.ts';

/** Downloaded bytes go to the browser's Blob store in parts of this size: it can keep them on disk, the JS heap cannot. */
const PART_BYTES = 32 * 1024 * 1024;

export interface ReadModel {
  readonly files: readonly File[];
  /** The first file's header: vocabulary and hyper-parameters. */
  readonly header: GgufHeader;
  /** Hex, of several files joined with commas; empty when a local file was not hashed. */
  readonly sha256: string;
}

export type OnBytes = (loadedBytes: number, totalBytes: number) => void;

/**
 * @throws AppError `bytes/*` for what goes wrong on the way, `engine/bad-model-file` for what is no whole GGUF.
 */
export async function readModel(
  files: readonly ModelFile[],
  onBytes: OnBytes,
  options: HttpOptions = {},
): Promise<ReadModel> {
  if (files.length === 0) throw new AppError('engine/bad-model-file', 'the model has no files');
  const total = files.reduce((sum, file) => sum + (file.from === 'url' ? file.bytes : file.blob.size), 0);
  const read: File[] = [];
  const hashes: string[] = [];
  let header: GgufHeader | null = null;
  let before = 0;
  for (const file of files) {
    const result =
      file.from === 'blob'
        ? { file: new File([file.blob], file.name), sha256: '' }
        : await download(file, (bytes) => onBytes(before + bytes, total), options);
    before += result.file.size;
    onBytes(before, total);
    const itsHeader = await checkGguf(result.file);
    // In a split model the vocabulary is in the first part, whatever the order they came in.
    if (!header || itsHeader.metadata.has('tokenizer.ggml.tokens')) header = itsHeader;
    read.push(result.file);
    if (result.sha256 !== '') hashes.push(result.sha256);
  }
  if (!header) throw new AppError('engine/bad-model-file', 'the model has no files');
  return { files: read, header, sha256: hashes.length === files.length ? hashes.join(',') : '' };
}

type UrlFile = Extract<ModelFile, { from: 'url' }>;

async function download(
  { url, bytes, sha256 }: UrlFile,
  onBytes: (bytes: number) => void,
  options: HttpOptions,
): Promise<{ file: File; sha256: string }> {
  const hash = await createSHA256();
  let parts: Blob[] = [];
  let pending: Uint8Array<ArrayBuffer>[] = [];
  let [held, received] = [0, 0];
  await streamWhole(
    url,
    { reason: 'weights', ...options, expectedBytes: bytes, maxBytes: Number.MAX_SAFE_INTEGER },
    {
      take: (chunk) => {
        hash.update(chunk);
        pending.push(chunk);
        held += chunk.length;
        received += chunk.length;
        if (held >= PART_BYTES) {
          parts.push(new Blob(pending));
          [pending, held] = [[], 0];
        }
        onBytes(received);
      },
      restart: () => {
        hash.init();
        [parts, pending, held, received] = [[], [], 0, 0];
      },
    },
  );
  const digest = hash.digest('hex');
  if (sha256 !== undefined && digest !== sha256) {
    throw new AppError('bytes/changed', 'the file differs from what the catalogue says', {
      url,
      expected: sha256,
      received: digest,
    });
  }
  return { file: new File([...parts, ...pending], nameOf(url)), sha256: digest };
}

function nameOf(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '') || 'model.gguf';
}

/** @throws AppError `engine/bad-model-file` when the header is damaged or says that bytes are missing. */
async function checkGguf(file: File): Promise<GgufHeader> {
  try {
    const header = await parseGguf(blobSource(file));
    if (header.tensors.length === 0) throw new AppError('engine/bad-model-file', 'the file holds no tensors');
    return header;
  } catch (thrown) {
    if (!(thrown instanceof AppError) || !thrown.code.startsWith('transcode/')) throw thrown;
    throw new AppError(
      'engine/bad-model-file',
      thrown.message,
      { ...thrown.details, reason: thrown.code, file: file.name },
      { cause: thrown },
    );
  }
}

function blobSource(file: File): ByteSource {
  return {
    name: file.name,
    size: file.size,
    async read(offset, length) {
      const bytes = new Uint8Array(await file.slice(offset, offset + length).arrayBuffer());
      if (bytes.length !== length) {
        throw new AppError('bytes/short-read', 'the file ends early', { file: file.name, offset, length });
      }
      return bytes;
    },
  };
}

/**
 * A file that tells how much of it was read: llama.cpp pulls its weights through `slice`, and nothing else says how far a
 * load has come. The bytes stay where they are.
 */
export class MeteredFile extends File {
  readonly #onRead: (bytes: number) => void;

  constructor(file: File, onRead: (bytes: number) => void) {
    super([file], file.name);
    this.#onRead = onRead;
  }

  override slice(start = 0, end = this.size, contentType?: string): Blob {
    this.#onRead(Math.max(0, Math.min(end, this.size) - start));
    return super.slice(start, end, contentType);
  }

  /** The way in where WebAssembly cannot wait for a promise: the whole file is copied into its memory first. */
  override stream(): ReadableStream<Uint8Array<ArrayBuffer>> {
    const count = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
      transform: (chunk, controller) => {
        this.#onRead(chunk.length);
        controller.enqueue(chunk);
      },
    });
    return super.stream().pipeThrough(count);
  }
}
