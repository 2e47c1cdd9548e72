/** The folder `npm run bundle` makes: what it lists, whether that is still so, and how to empty it without touching anything else. */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rm, rmdir, writeFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { noFollow } from '../transcode/node-byte-source.ts';
import { UsageError } from '../transcode/transcode-args.ts';

export const SUMS = 'SHA256SUMS';
/** Beside the list, and not in it: it is of the list. */
export const SIGNATURE = 'SHA256SUMS.sig';
export const NOTE = 'HOSTING.txt';
/** How the note begins; with the list naming it, this tells a bundle from any other folder with checksums. */
export const NOTE_TITLE = 'Meditron Web, with its model';

/** A bundle lists a few hundred files; more is another list. */
const MAX_SUMS_BYTES = 4 << 20;
const SUM_LINE = /^([0-9a-f]{64}) [ *]([^\\\0\r\n]{1,1000})$/;

export interface FolderState {
  readonly listed: number;
  readonly changed: readonly string[];
  readonly missing: readonly string[];
  /** In the folder, not in the list; links and other odd things as well. */
  readonly added: readonly string[];
}

/**
 * Compares a bundle with its own list.
 * @returns null where there is no list. @throws UsageError where the list is none.
 */
export async function inspectBundle(root: string): Promise<FolderState | null> {
  const sums = await readSums(root);
  if (sums === null) return null;
  const found = await walk(root);
  const changed: string[] = [];
  const missing: string[] = [];
  for (const [path, hash] of sums) {
    if (found.get(path) !== 'file') missing.push(path);
    else if ((await sha256(join(root, path))) !== hash) changed.push(path);
  }
  const added = [...found].flatMap(([path, kind]) =>
    (path === SUMS && kind === 'file') ||
    (path === SIGNATURE && kind === 'file') ||
    kind === 'folder' ||
    (kind === 'file' && sums.has(path))
      ? []
      : [path],
  );
  return { listed: sums.size, changed, missing, added };
}

/**
 * Makes room for a new bundle: deletes what an earlier one listed, where all of the folder is as that left it, and nothing else.
 * @throws UsageError where anything in the folder is not of this command's making.
 */
export async function emptyBundleFolder(root: string): Promise<void> {
  const stats = await lstatOrNull(root);
  if (stats?.isSymbolicLink()) throw new UsageError(`${root} is a link: name the folder it leads to`);
  if (stats !== null && !stats.isDirectory()) throw new UsageError(`${root} is no folder`);
  if (stats !== null && (await readdir(root)).length > 0) {
    const state = (await isBundle(root)) ? await inspectBundle(root) : null;
    if (state === null) throw new UsageError(`${root} holds other files than a bundle's: name a new folder`);
    const foreign = [...state.added, ...state.changed];
    if (foreign.length > 0)
      throw new UsageError(
        `${root} holds files that are not as this command made them, and it deletes nothing else: ${some(foreign)}`,
      );
    const found = await walk(root);
    for (const [path, kind] of found) if (kind === 'file') await rm(join(root, path));
    // Deepest first; only empty ones go.
    const folders = [...found].flatMap(([path, kind]) => (kind === 'folder' ? [path] : []));
    for (const path of folders.sort((a, b) => b.length - a.length)) await rmdir(join(root, path));
  }
  await mkdir(root, { recursive: true });
}

/** Lists all there is, in the form `sha256sum --check` reads. @returns how many files it lists. */
export async function writeSums(root: string): Promise<number> {
  const files = [...(await walk(root))].flatMap(([path, kind]) => (kind === 'file' ? [path] : [])).sort();
  const lines: string[] = [];
  for (const file of files) lines.push(`${await sha256(join(root, file))}  ${file}\n`);
  await writeFile(join(root, SUMS), lines.join(''), { flag: 'wx' });
  return files.length;
}

/** SHA-256 of a file, hex. Follows no link. */
export async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  const handle = await open(path, constants.O_RDONLY | noFollow());
  try {
    for await (const chunk of handle.createReadStream({ autoClose: false })) hash.update(chunk as Buffer);
  } finally {
    await handle.close();
  }
  return hash.digest('hex');
}

/** The first few of many, for a sentence. */
function some(paths: readonly string[]): string {
  const rest = paths.length - 5;
  return paths.slice(0, 5).join(', ') + (rest > 0 ? ` and ${String(rest)} more` : '');
}

async function isBundle(root: string): Promise<boolean> {
  const note = await readText(join(root, NOTE), 4096);
  return note?.startsWith(NOTE_TITLE) === true && (await readSums(root))?.has(NOTE) === true;
}

async function readSums(root: string): Promise<ReadonlyMap<string, string> | null> {
  const text = await readText(join(root, SUMS), MAX_SUMS_BYTES);
  if (text === null) return null;
  const sums = new Map<string, string>();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, hash = '', path = ''] = SUM_LINE.exec(line) ?? [];
    if (hash === '' || path.startsWith('/') || path.split('/').includes('..'))
      throw new UsageError(`${join(root, SUMS)} is no list of a folder's files: ${line.slice(0, 80)}`);
    sums.set(path, hash);
  }
  return sums;
}

/** @returns null where there is no such file. */
export async function readText(path: string, limit: number): Promise<string | null> {
  const stats = await lstatOrNull(path);
  if (!stats?.isFile()) return null;
  if (stats.size > limit) throw new UsageError(`${path} is too large to be what its name says`);
  const handle = await open(path, constants.O_RDONLY | noFollow());
  try {
    return await handle.readFile('utf8');
  } finally {
    await handle.close();
  }
}

/** Everything below a folder by its path with slashes; links are not followed. */
async function walk(root: string): Promise<ReadonlyMap<string, 'file' | 'folder' | 'other'>> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  return new Map(
    entries.map((each) => [
      relative(root, join(each.parentPath, each.name)).split(sep).join('/'),
      each.isFile() ? 'file' : each.isDirectory() ? 'folder' : 'other',
    ]),
  );
}

async function lstatOrNull(path: string) {
  try {
    return await lstat(path);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return null;
    throw thrown;
  }
}
