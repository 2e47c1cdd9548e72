/** From "where the weights are" to bytes that can be read, with what is needed to know them again. */
import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import { baseName } from '../../transcode/source/file-names.ts';
import { gatherFolder } from '../../transcode/source/weight-files.ts';
import { httpFolder } from '../../network/http-folder.ts';
import { toHex } from '../../transcode/run/hashing.ts';
import { chosenSource } from './chosen-source.ts';
import { publishedFiles, type PublishedFile } from './hub.ts';
import { updateRecord, type ChosenFile, type AcquisitionRun } from '../acquire/ways/acquisition-run.ts';
import type { InstallRecord, Origin, UrlOrigin } from '../storage/records.ts';

/** Bytes at either end of a chosen file that tell it from another of the same length. */
const SAMPLE_BYTES = 256 * 1024;

export interface OpenedSources {
  /** Weight files and side files, as `openModel` wants them. */
  readonly files: readonly ByteSource[];
  readonly identity: { readonly name: string; readonly bytes: number; readonly etag: string };
}

/**
 * @throws AppError `models/file-needed` when files were chosen in an earlier life of the page and are not given again,
 *   `bytes/*`, `models/no-weights`.
 */
export async function openSources(
  run: AcquisitionRun,
  origin: Origin,
  chosen: readonly ChosenFile[],
): Promise<OpenedSources> {
  return origin.from === 'files' ? openChosen(chosen) : openUrls(run, origin);
}

/**
 * Compares what was opened with what the work began with. A changed URL starts over (its files are of no use any more);
 * a different file is refused, because the person can still give the right one.
 * @throws AppError `models/other-file`.
 */
export async function identifySource(
  run: AcquisitionRun,
  record: InstallRecord,
  opened: OpenedSources,
): Promise<{ readonly record: InstallRecord; readonly restarted: boolean }> {
  const { source } = record;
  const { identity } = opened;
  const known = source.bytes > 0;
  const same = sourceIdentity(source) === sourceIdentity(identity);
  if (known && !same && record.acquisition.origin.from === 'files') {
    throw new AppError('models/other-file', `${identity.name} is not the file the work began with`, {
      name: identity.name,
      bytes: identity.bytes,
      expectedBytes: source.bytes,
    });
  }
  const restarted = known && !same;
  if (restarted) run.tell({ kind: 'source-changed', name: identity.name });
  const updated = await updateRecord(run, record, {
    source: { ...identity, sha256: restarted ? '' : source.sha256 },
    stopped: null,
    ...(restarted && { progress: { doneBytes: 0, totalBytes: 0 }, publishedSha256: '' }),
  });
  return { record: updated, restarted };
}

/** By which a source is known again: what was read of one may only be joined to the same. */
export function sourceIdentity({ bytes, etag }: Pick<InstallRecord['source'], 'bytes' | 'etag'>): string {
  return `${String(bytes)} ${strong(etag)}`;
}

/** Rows of older versions hold the mark of weak validators. */
function strong(etags: string): string {
  return etags.replace(/(^|\|)W\//g, '$1');
}

/**
 * Holds the hashes computed on the way against the published ones: the catalogue's, else the hub's list.
 * @returns false when nothing is published to compare with.
 * @throws AppError `models/source-mismatch`.
 */
export async function requirePublishedHash(
  run: AcquisitionRun,
  record: InstallRecord,
  sources: readonly { readonly name: string; readonly sha256: string | null }[],
): Promise<boolean> {
  const { origin } = record.acquisition;
  if (origin.from === 'files') return true;
  const listed = origin.treeUrl === null ? null : await publishedFiles(run, origin.treeUrl);
  let compared = 0;
  for (const { name, sha256 } of sources) {
    const expected = expectedHash(origin, listed, name);
    if (expected === null || sha256 === null) continue;
    compared += 1;
    if (expected !== sha256) {
      throw new AppError(
        'models/source-mismatch',
        `${name}: SHA-256 is ${sha256}, published is ${expected}`,
        {
          name,
          expected,
          actual: sha256,
        },
      );
    }
  }
  return compared > 0;
}

function expectedHash(
  origin: UrlOrigin,
  listed: readonly PublishedFile[] | null,
  name: string,
): string | null {
  if (origin.sha256 !== null && origin.sha256 !== '') return origin.sha256;
  // A single file's URL may carry another name than the hub's path (a redirect to storage): the origin knows the path.
  const path = origin.path === '' ? baseName(name) : origin.path;
  return listed?.find((file) => file.path === path)?.sha256 ?? null;
}

async function openUrls(run: AcquisitionRun, origin: UrlOrigin): Promise<OpenedSources> {
  if (origin.format === 'gguf') {
    const file = await run.openUrl(origin.url, run.signal);
    return { files: [file], identity: identityOf(origin.url, [file]) };
  }
  const folder = httpFolder((name) => run.openUrl(new URL(name, origin.url).href, run.signal));
  const files = await gatherFolder(folder.open, run.signal).catch((thrown: unknown) => {
    throw explainMissing(folder.explain(thrown));
  });
  return { files, identity: identityOf(origin.url, files) };
}

/** A folder with nothing under the names the app asks for. */
function explainMissing(thrown: unknown): unknown {
  if (
    thrown instanceof AppError &&
    thrown.code === 'transcode/missing-file' &&
    thrown.details.file === 'model.safetensors'
  ) {
    return new AppError(
      'models/no-weights',
      'the folder holds neither safetensors nor PyTorch files',
      thrown.details,
      {
        cause: thrown,
      },
    );
  }
  return thrown;
}

function identityOf(name: string, files: readonly ByteSource[]): OpenedSources['identity'] {
  return {
    name,
    bytes: files.reduce((sum, file) => sum + file.size, 0),
    etag: files
      .map((file) => file.origin?.etag ?? file.origin?.lastModified ?? '')
      .join('|')
      .slice(0, 4000),
  };
}

async function openChosen(chosen: readonly ChosenFile[]): Promise<OpenedSources> {
  const [first] = chosen;
  if (!first)
    throw new AppError('models/file-needed', 'the chosen files are gone with the page that chose them');
  const sample = await sampleOf(chosen);
  const files = chosen.map((each) => chosenSource(each, sample));
  const bytes = chosen.reduce((sum, { file }) => sum + file.size, 0);
  return { files, identity: { name: first.path, bytes, etag: sample } };
}

/** SHA-256 over sizes and both ends of every file: cheap on gigabytes, and blind to names and dates, which copies change. */
async function sampleOf(chosen: readonly ChosenFile[]): Promise<string> {
  const sizes = chosen.map(({ file }) => file.size).sort((a, b) => a - b);
  const ends = [...chosen]
    .sort((a, b) => a.file.size - b.file.size || (baseName(a.path) < baseName(b.path) ? -1 : 1))
    .flatMap(({ file }) => [file.slice(0, SAMPLE_BYTES), file.slice(Math.max(0, file.size - SAMPLE_BYTES))]);
  const bytes = await new Blob([sizes.join(), ...ends]).arrayBuffer();
  return `sample:${toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))}`;
}
