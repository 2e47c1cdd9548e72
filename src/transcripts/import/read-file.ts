/** One way in for every file: finds out what it is, checks it, and says what came in, what did not, and why. */
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { textSha256 } from '../format/canonical.ts';
import { TRANSCRIPT_FORMAT } from '../format/document.ts';
import { EMBED_MARK, findEmbedded } from '../format/embedding.ts';
import { readForeign } from './foreign/foreign.ts';
import { HTML_HASH, MARKDOWN_HASH, unixLineEnds } from '../format/hash-marks.ts';
import { parseHostileJson } from '../format/hostile-json.ts';
import { MAX_CHATS, MAX_FILE_BYTES } from '../format/limits.ts';
import type { Integrity, ReadFile, Skipped } from './read-result.ts';
import { withReadableFolders } from './read-folders.ts';
import { readOwn } from './read-own.ts';

/**
 * @param text the whole file.
 * @throws AppError `transcript/*`; never anything else.
 */
export async function readTranscriptText(text: string): Promise<ReadFile> {
  if (text.length > MAX_FILE_BYTES) {
    throw new AppError('transcript/too-large', `More than ${MAX_FILE_BYTES} characters.`, {
      limit: MAX_FILE_BYTES,
    });
  }
  const start = text.trimStart();
  const read =
    start.startsWith('{') || start.startsWith('[') ? await readJsonText(text) : await readReadable(text);
  if (read.chats.length > MAX_CHATS) {
    throw new AppError('transcript/too-large', `More than ${MAX_CHATS} conversations.`, { limit: MAX_CHATS });
  }
  return read;
}

async function readJsonText(text: string): Promise<ReadFile> {
  const { value, skipped } = parseJsonOrLines(text);
  const read = (await readOwnFile(value)) ?? (await readForeign(value, text));
  const integrity = await lineFileIntegrity(value, text);
  return { ...read, skipped: [...skipped, ...read.skipped], ...(integrity && { integrity }) };
}

async function readOwnFile(value: unknown): Promise<ReadFile | null> {
  const { value: readable, skipped } = withReadableFolders(value);
  const own = await readOwn(readable);
  if (!own || skipped.length === 0) return own;
  const differences = skipped.map(({ what, why }) => `${what}: ${why}`);
  const before = own.integrity.state === 'changed' ? own.integrity.differences : [];
  return {
    ...own,
    skipped: [...skipped, ...own.skipped],
    integrity: { state: 'changed', differences: [...differences, ...before] },
  };
}

/** One JSON value, or one a line (JSONL), where a line that can't be read costs only itself. */
function parseJsonOrLines(text: string): { readonly value: unknown; readonly skipped: readonly Skipped[] } {
  const lines = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [{ line, index }]));
  if (lines.length > 1 && isWhole(lines[0]?.line)) return parseLines(lines);
  try {
    return { value: parseHostileJson(text), skipped: [] };
  } catch (error) {
    // The damage may be in the first line of many.
    if (isWhole(lines[1]?.line)) return parseLines(lines);
    throw error;
  }
}

function parseLines(lines: readonly { readonly line: string; readonly index: number }[]) {
  const value: unknown[] = [];
  const skipped: Skipped[] = [];
  for (const { line, index } of lines) {
    try {
      value.push(parseHostileJson(line));
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      const why = error.code === 'transcript/not-json' ? 'it is not valid JSON' : 'it is nested too deep';
      skipped.push({ what: `line ${index + 1}`, why });
    }
  }
  return { value, skipped };
}

const fileNote = z.object({ meta: z.object({ format: z.literal(TRANSCRIPT_FORMAT) }) });
const hashNote = z.strictObject({ meta: z.strictObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) });

/**
 * Our JSONL says in its first line what it is and in its last what the lines before it hash to; either may have been taken away.
 * @returns null for lines of other programs.
 */
async function lineFileIntegrity(value: unknown, text: string): Promise<Integrity | null> {
  if (!Array.isArray(value)) return null;
  const lines = value as readonly unknown[];
  const note = hashNote.safeParse(lines.at(-1));
  if (!note.success && !lines.some((line) => fileNote.safeParse(line).success)) return null;
  const unix = unixLineEnds(text).trimEnd();
  const covered = unix.slice(0, unix.lastIndexOf('\n') + 1);
  if (note.success && note.data.meta.sha256 === (await textSha256(covered))) return { state: 'unchanged' };
  const differences = [
    ...(fileNote.safeParse(lines[0]).success ? [] : ['the first line, which says what the file is']),
    ...(note.success ? [] : ['the end of the file, where its hash stood, is missing']),
  ];
  return { state: 'changed', differences: differences.length > 0 ? differences : ['a line of the file'] };
}

/** A first line that is a whole JSON object means one object a line (JSONL). */
function isWhole(line: string | undefined): boolean {
  if (!line?.trimStart().startsWith('{')) return false;
  try {
    parseHostileJson(line);
    return true;
  } catch {
    return false;
  }
}

/** Markdown and HTML of ours hold the transcript itself; the hash at their end covers what a reader sees. */
async function readReadable(text: string): Promise<ReadFile> {
  if (!text.includes(EMBED_MARK)) {
    throw new AppError('transcript/unknown-format', 'Neither JSON nor a transcript with its data inside.');
  }
  const embedded = await findEmbedded(text);
  const own = embedded === null ? null : await readOwnFile(parseHostileJson(embedded));
  if (!own) throw new AppError('transcript/damaged', 'The data inside is no transcript.');
  if (own.integrity.state !== 'unchanged') return own;
  const visible = await visibleHashAgrees(text);
  if (visible) return own;
  return {
    ...own,
    integrity: {
      state: 'changed',
      differences: ['the readable text of the file (the data inside it is unchanged)'],
    },
  };
}

/** Nothing may stand after the hash but what the writer put there; white space at the end is the editor's. */
async function visibleHashAgrees(text: string): Promise<boolean> {
  const unix = unixLineEnds(text).trimEnd();
  for (const { mark, tail } of [HTML_HASH, MARKDOWN_HASH]) {
    const at = unix.lastIndexOf(mark);
    if (at < 0) continue;
    const end = `${await textSha256(unix.slice(0, at))}${tail}`.trimEnd();
    if (unix.slice(at + mark.length) === end) return true;
  }
  return false;
}
