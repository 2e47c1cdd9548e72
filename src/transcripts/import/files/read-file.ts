/** One way in for every file: finds out what it is, checks it, and says what came in, what did not, and why. */
import { AppError } from '../../../errors/app-error.ts';
import type { Signed } from '../../../formats/signature/signature.ts';
import { textSha256 } from '../../format/integrity/canonical.ts';
import { EMBED_MARK, findEmbedded } from '../../format/embedding.ts';
import { readForeign } from '../foreign/foreign.ts';
import { MARKDOWN_HASH, unixLineEnds } from '../../format/integrity/hash-marks.ts';
import { pageSigner, readPageEnd } from '../../format/integrity/signed-page.ts';
import { parseHostileJson } from '../../format/hostile-json.ts';
import { MAX_CHATS, MAX_FILE_BYTES } from '../../format/limits.ts';
import type { ReadFile, Skipped } from '../read-result.ts';
import { withReadableFolders } from './read-folders.ts';
import { MARKDOWN_HEAD, readMarkdown } from '../read-markdown.ts';
import { readOwn } from '../read-own.ts';

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
  return { ...read, skipped: [...skipped, ...read.skipped] };
}

async function readOwnFile(value: unknown): Promise<ReadFile | null> {
  const { value: readable, skipped } = withReadableFolders(value);
  const own = await readOwn(readable);
  if (!own || skipped.length === 0) return own;
  const differences = skipped.map(({ what, why }) => `${what}: ${why}`);
  const before = own.integrity.state === 'changed' ? own.integrity.differences : [];
  return {
    ...own,
    ...(own.signed && { signed: { ...own.signed, fits: false } }),
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

/** HTML of ours holds the transcript itself, and so did Markdown once; the hash at their end covers what a reader sees. */
async function readReadable(text: string): Promise<ReadFile> {
  const isPage = text.trimStart().startsWith('<');
  const isMarkdown = !isPage && (MARKDOWN_HEAD.test(text) || text.includes(`\n${MARKDOWN_HASH.mark}`));
  if (isMarkdown && !EMBEDDED_IN_MARKDOWN.test(unixLineEnds(text))) {
    const read = await readMarkdown(text);
    if (!read) throw new AppError('transcript/damaged', 'No message in it.');
    if (await visibleHashAgrees(text)) return { ...read, integrity: { state: 'consistent' } };
    return { ...read, integrity: { state: 'changed', differences: ['the text of the file'] } };
  }
  if (!text.includes(EMBED_MARK)) {
    throw new AppError('transcript/unknown-format', 'Neither JSON nor a transcript with its data inside.');
  }
  const embedded = await findEmbedded(text);
  const own = embedded === null ? null : await readOwnFile(parseHostileJson(embedded));
  if (!own) throw new AppError('transcript/damaged', 'The data inside is no transcript.');
  if (own.integrity.state !== 'consistent') return own;
  if (await visibleHashAgrees(text)) {
    const { signed } = own;
    if (!signed) return own;
    const page = await signerOfPage(text);
    // Signed is what lies inside, and what a reader sees is signed with the same key: its hash alone anyone can make anew.
    const both = page?.fits === true && page.fingerprint === signed.fingerprint;
    return { ...own, signed: { ...signed, fits: signed.fits === null ? null : signed.fits && both } };
  }
  return {
    ...own,
    // Signed is what lies inside, and not what a reader sees.
    ...(own.signed && { signed: { ...own.signed, fits: false } }),
    integrity: {
      state: 'changed',
      differences: ['the readable text of the file (the data inside it is unchanged)'],
    },
  };
}

/** Above the hash; a message can't end so, because `<` outside of code is written by its name. */
const EMBEDDED_IN_MARKDOWN = new RegExp(`^<!-- ${EMBED_MARK}[\\w.]* -->\\n\\n${MARKDOWN_HASH.mark}`, 'm');

/** Nothing may stand after the hash but what the writer put there; white space at the end is the editor's. */
async function visibleHashAgrees(text: string): Promise<boolean> {
  const page = readPageEnd(text);
  if (page?.sha256 === (await textSha256(page?.head ?? ''))) return true;
  const unix = unixLineEnds(text).trimEnd();
  const { mark, tail } = MARKDOWN_HASH;
  const at = unix.lastIndexOf(mark);
  if (at < 0) return false;
  const end = `${await textSha256(unix.slice(0, at))}${tail}`.trimEnd();
  return unix.slice(at + mark.length) === end;
}

async function signerOfPage(text: string): Promise<Signed | null> {
  const page = readPageEnd(text);
  return !page || page.record === null
    ? null
    : pageSigner(page.record, 'transcript', await textSha256(page.head));
}
