import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { openHttpSource } from '../../network/http-byte-source.ts';
import { MAX_JSON_BYTES, MAX_SOURCE_FILES } from '../../formats/limits.ts';
import { gatherFolder } from '../../transcode/source/safetensors-model.ts';
import { fileError, openNodeSource } from './node-byte-source.ts';

/** Files of a folder that can belong to a model. */
const MODEL_FILE = /\.(gguf|safetensors|json|model|bin)$/i;

/**
 * The files behind `--from`: a file, a folder, the URL of a GGUF file, or of a folder (ending in a slash) of safetensors.
 * @throws AppError `bytes/*`, `transcode/missing-file`
 */
export async function openSources(from: string, signal: AbortSignal): Promise<ByteSource[]> {
  if (/^https?:\/\//i.test(from)) {
    if (!new URL(from).pathname.endsWith('/')) return [await openHttpSource(from, { signal })];
    return gatherFolder(async (name) => {
      try {
        const small = name.endsWith('.safetensors') ? 0 : MAX_JSON_BYTES;
        return await openHttpSource(new URL(name, from).href, { signal, wholeUpTo: small });
      } catch (thrown) {
        if (thrown instanceof AppError && thrown.code === 'bytes/not-found') return null;
        throw thrown;
      }
    }, signal);
  }
  const isFolder = await stat(from).then(
    (stats) => stats.isDirectory(),
    (thrown: unknown) => {
      throw fileError(thrown, from);
    },
  );
  if (!isFolder) return [await openNodeSource(from)];
  const names = (await readdir(from)).filter((name) => MODEL_FILE.test(name)).slice(0, MAX_SOURCE_FILES);
  if (names.length === 0) {
    throw new AppError('transcode/not-a-model', 'The folder holds no GGUF or safetensors file', {
      folder: from,
    });
  }
  return Promise.all(names.map((name) => openNodeSource(join(from, name), name)));
}
