/**
 * The app's own JSON file, read chat by chat: it is written with a line for each folder and each chat (export-json.ts), so a
 * backup of any size needs no more memory than its longest chat.
 */
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { checkSignature } from '../../formats/signature/signature.ts';
import type { Folder } from '../../database/records.ts';
import { canonicalJson, contentHash, shortDigests } from '../format/integrity/canonical.ts';
import { examRows, transcriptHeader, TRANSCRIPT_FORMAT, type TranscriptChat } from '../format/document.ts';
import { headerInOrder } from '../export/export-json.ts';
import { parseHostileJson } from '../format/hostile-json.ts';
import { MAX_CHATS, MAX_FILE_BYTES } from '../format/limits.ts';
import { FolderReader } from './files/read-folders.ts';
import { readFiledChat } from './files/read-chat.ts';
import { allDifferences, checkVersion, compared } from './read-own.ts';
import type { ReadPiece, ReadReport, Skipped } from './read-result.ts';

/** Characters of chats in one part: what is stored in one transaction. */
const PART_CHARACTERS = 4_000_000;
/** Nobody reads more; a file of nothing but faults must not fill the memory with their names. */
const MOST_TOLD = 1000;

const sha256Line = z.object({ sha256: z.string(), signature: z.unknown().optional() });

/**
 * Yields parts and returns the report.
 * @returns null, before anything was yielded, when the file is not laid out as the app writes it.
 * @throws AppError `transcript/*`; parts that were yielded before are whole.
 */
export async function* readBackup(file: Blob): AsyncGenerator<ReadPiece, ReadReport | null, undefined> {
  const lines = linesOf(file);
  const take = async (): Promise<string> => {
    const next = await lines.next();
    return next.done ? '' : next.value;
  };
  try {
    const [notice, rest, opening] = [await take(), await take(), await take()];
    const head = readHead(notice, rest);
    if (head === null || !/^"folders":\[(\],)?$/.test(opening)) return null;
    const hash = await contentHash();
    const digest = await shortDigests();
    hash.update(`${canonicalJson(headerInOrder(head))}\n`);
    const skipped: Skipped[] = [];
    const found: string[] = [];
    let wrong = 0;
    const skip = (what: string, why: string): void => {
      wrong += 1;
      if (skipped.length < MOST_TOLD) skipped.push({ what, why });
    };

    // They come with the first chats, so that a file that fails before them brings nothing.
    let folders: Folder[] = [];
    const folderReader = new FolderReader();
    let line = opening.endsWith('],') ? await take() : '';
    if (!opening.endsWith('],')) {
      for (line = await take(); line !== '' && !line.startsWith(CHATS); line = await take()) {
        const folder = folderReader.read(valueOf(line));
        if (typeof folder === 'string') skip('a folder', folder);
        else {
          folders.push(folder);
          hash.update(`${canonicalJson(folder)}\n`);
        }
      }
    }

    let chats: TranscriptChat[] = [];
    let characters = 0;
    let count = 0;
    let sha256 = '';
    let signature: unknown;
    let inExams = false;
    for (line = line.startsWith(CHATS) ? await take() : line; line !== ''; line = await take()) {
      if (line.startsWith(EXAMS)) {
        inExams = true;
        continue;
      }
      if (line.startsWith('"sha256":')) {
        const end = sha256Line.safeParse(valueOf(`{${line}`));
        if (end.success) ({ sha256, signature } = end.data);
        break;
      }
      if (inExams) {
        const rows = examRows.safeParse(valueOf(line));
        if (!rows.success) {
          skip('a part of the exams', 'it is not laid out as the app writes it');
          continue;
        }
        hash.update(`${canonicalJson(rows.data)}\n`);
        // After all chats: they and their folders go in first.
        yield { chats, folders, exams: [rows.data] };
        folders = [];
        chats = [];
        continue;
      }
      count += 1;
      if (count > MAX_CHATS) {
        throw new AppError('transcript/too-large', `More than ${MAX_CHATS} conversations.`, {
          limit: MAX_CHATS,
        });
      }
      const read = readFiledChat(valueOf(line));
      if (typeof read === 'string') {
        skip(`conversation ${count}`, read);
        continue;
      }
      const { chat, lost } = read;
      for (const { what, why } of lost) skip(what, why);
      hash.update(`${canonicalJson(chat)}\n`);
      const { chat: taken, differences } = compared(chat, digest);
      for (const difference of differences) {
        if (found.length >= MOST_TOLD) break;
        found.push(difference);
      }
      chats.push(taken);
      characters += line.length;
      if (characters > PART_CHARACTERS) {
        yield { chats, folders };
        folders = [];
        chats = [];
        characters = 0;
      }
    }
    if (chats.length > 0 || folders.length > 0) yield { chats, folders };
    const intact = wrong === 0 && hash.digest() === sha256;
    const vouched = await checkSignature(signature, 'transcript', sha256);
    const signed = vouched && {
      signed: { ...vouched, fits: vouched.fits === null ? null : vouched.fits && intact },
    };
    if (intact) return { kind: 'meditron-web', skipped, integrity: { state: 'consistent' }, ...signed };
    if (sha256 === '') found.push('the end of the file, where its hash stood, is missing');
    return {
      kind: 'meditron-web',
      skipped,
      integrity: { state: 'changed', differences: allDifferences(found, skipped) },
      ...signed,
    };
  } finally {
    await lines.return(undefined);
  }
}

const CHATS = '"conversations":[';
const EXAMS = '"exams":[';

/** The header out of the first two lines, of which the first is only the notice. @throws AppError `transcript/newer-version` */
function readHead(notice: string, rest: string): z.infer<typeof transcriptHeader> | null {
  if (!notice.startsWith('{"notice":') || !notice.endsWith(',') || !rest.endsWith(',')) return null;
  const value = valueOf(`${notice}${rest.slice(0, -1)}}`);
  if (typeof value !== 'object' || value === null) return null;
  if (!('format' in value) || value.format !== TRANSCRIPT_FORMAT) return null;
  checkVersion(value);
  const head = transcriptHeader.safeParse(value);
  return head.success ? head.data : null;
}

/** The value in a line, without the comma and the bracket that follow it; undefined when there is none. */
function valueOf(line: string): unknown {
  try {
    return parseHostileJson(line.replace(/(?:\],|,)$/, ''));
  } catch (thrown) {
    if (thrown instanceof AppError) return undefined;
    throw thrown;
  }
}

/** Without blank lines, which mean nothing in JSON. @throws AppError `transcript/too-large` */
async function* linesOf(file: Blob): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  const reader = file.stream().getReader();
  let held: string[] = [];
  let length = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
      let start = 0;
      for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
        held.push(text.slice(start, end));
        const line = held.join('').trimEnd();
        if (line !== '') yield line;
        held = [];
        length = 0;
        start = end + 1;
      }
      held.push(text.slice(start));
      length += text.length - start;
      if (length > MAX_FILE_BYTES) {
        throw new AppError('transcript/too-large', `A line of more than ${MAX_FILE_BYTES} characters.`, {
          limit: MAX_FILE_BYTES,
        });
      }
      if (done) break;
    }
    const last = held.join('').trimEnd();
    if (last !== '') yield last;
  } finally {
    await reader.cancel();
  }
}
