import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import { openHttpSource } from '../../network/http-byte-source.ts';
import { httpFolder } from '../../network/http-folder.ts';
import { MAX_JSON_BYTES, MAX_SOURCE_FILES } from '../../formats/limits.ts';
import { isSideFile } from '../../transcode/source/file-names.ts';
import { gatherFolder } from '../../transcode/source/weight-files.ts';
import { fileError, openNodeSource, type NodeByteSource } from './node-byte-source.ts';

/** Files of a folder that can belong to a model. */
const MODEL_FILE = /\.(gguf|safetensors|json|model|bin|pt|pth)$/i;

export interface OpenSources {
  readonly files: readonly ByteSource[];
  /** Lets go of files on the disk: node 25 ends a process that leaves that to garbage collection. */
  readonly close: () => Promise<void>;
}

/**
 * The files behind `--from`: a file, a folder, the URL of a GGUF file, or of a folder (ending in a slash) of safetensors or
 * PyTorch files.
 * @throws AppError `bytes/*`, `transcode/missing-file`, `transcode/not-a-model`
 */
export async function openSources(from: string, signal: AbortSignal): Promise<OpenSources> {
  if (/^https?:\/\//i.test(from))
    return { files: await openUrls(from, signal), close: () => Promise.resolve() };
  const isFolder = await stat(from).then(
    (stats) => stats.isDirectory(),
    (thrown: unknown) => {
      throw fileError(thrown, from);
    },
  );
  if (!isFolder) return openFiles([{ path: from, name: from }]);
  const names = (await readdir(from)).filter((name) => MODEL_FILE.test(name)).slice(0, MAX_SOURCE_FILES);
  if (names.length === 0) {
    throw new AppError('transcode/not-a-model', 'The folder holds no GGUF, safetensors or PyTorch file', {
      folder: from,
    });
  }
  return openFiles(names.map((name) => ({ path: join(from, name), name })));
}

async function openUrls(from: string, signal: AbortSignal): Promise<ByteSource[]> {
  if (!new URL(from).pathname.endsWith('/')) return [await openFile(from, signal)];
  const folder = httpFolder((name) => {
    const small = isSideFile(name) ? MAX_JSON_BYTES : 0;
    return openHttpSource(new URL(name, from).href, { signal, wholeUpTo: small });
  });
  return gatherFolder(folder.open, signal).catch((thrown: unknown) => {
    throw folder.explain(thrown);
  });
}

/** All of them, or none: what was opened before one failed is closed again. */
async function openFiles(
  wanted: readonly { readonly path: string; readonly name: string }[],
): Promise<OpenSources> {
  const files: NodeByteSource[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(files.map((file) => file.close()));
  };
  try {
    for (const { path, name } of wanted) files.push(await openNodeSource(path, name));
  } catch (thrown) {
    await close();
    throw thrown;
  }
  return { files, close };
}

/** A folder's address without its slash is the likeliest mistake where no file of weights is named. */
async function openFile(url: string, signal: AbortSignal): Promise<ByteSource> {
  try {
    return await openHttpSource(url, { signal });
  } catch (thrown) {
    const named = /\.\w{2,12}$/.test(new URL(url).pathname);
    if (named || !(thrown instanceof AppError) || !thrown.code.startsWith('bytes/')) throw thrown;
    const message = `${thrown.message}; if this is a folder, end its address with a slash`;
    throw new AppError(thrown.code, message, thrown.details, { cause: thrown });
  }
}
