/** The lossless form: every version of every message with its provenance, written piece by piece. */
import type { Signature } from '../../formats/signature/signature.ts';
import type { Folder } from '../../database/records.ts';
import { canonicalJson, contentHash, shortDigests } from '../format/integrity/canonical.ts';
import type {
  ExamRows,
  FiledChat,
  TranscriptChat,
  TranscriptDocument,
  TranscriptHeader,
} from '../format/document.ts';

/** What is exported. `chats` may be walked more than once and gives the same chats each time. */
export interface TranscriptSource {
  readonly header: TranscriptHeader;
  readonly folders: readonly Folder[];
  chats(): AsyncIterable<TranscriptChat> | Iterable<TranscriptChat>;
  /** Of a backup of everything. */
  exams?(): AsyncIterable<ExamRows>;
  /** Vouches for the file. */
  readonly signer?: { readonly name: string; readonly fingerprint: string };
  sign?(sha256: string): Promise<Signature>;
}

/** Yields the file's text; at no time is more than one chat held. */
export async function* writeJson(source: TranscriptSource): AsyncGenerator<string, undefined> {
  const hash = await contentHash();
  const digest = await shortDigests();
  const line = (value: unknown): string => {
    const text = canonicalJson(value);
    hash.update(`${text}\n`);
    return text;
  };
  const { notice, ...rest } = headerInOrder(source.header);
  line({ notice, ...rest });
  // A person who looks into the file sees the notice first; the hash covers the members in canonical order. The header's own
  // brace stays open for what follows.
  yield `{"notice":${canonicalJson(notice)},\n${canonicalJson(rest).slice(1, -1)},\n"folders":[`;
  for (const [index, folder] of source.folders.entries()) yield `${index ? ',' : ''}\n${line(folder)}`;
  yield `],\n"conversations":[`;
  let first = true;
  for await (const chat of source.chats()) {
    yield `${first ? '' : ','}\n${line(filed(chat, digest))}`;
    first = false;
  }
  if (source.exams) {
    let none = true;
    for await (const rows of source.exams()) {
      yield `${none ? '],\n"exams":[' : ','}\n${line(rows)}`;
      none = false;
    }
  }
  const sha256 = hash.digest();
  const signature = source.sign && canonicalJson(await source.sign(sha256));
  yield `],\n"sha256":"${sha256}"${signature === undefined ? '' : `,"signature":${signature}`}}\n`;
  return undefined;
}

/** The SHA-256 a document should carry; see `transcriptDocument.sha256`. */
export async function documentSha256(
  document: Omit<TranscriptDocument, 'sha256' | 'signature'>,
): Promise<string> {
  const { folders, conversations, exams = [], ...header } = document;
  const hash = await contentHash();
  for (const value of [headerInOrder(header), ...folders, ...conversations, ...exams])
    hash.update(`${canonicalJson(value)}\n`);
  return hash.digest();
}

/** The whole document at once, for share links and for embedding in other formats. */
export async function toDocument(source: TranscriptSource): Promise<TranscriptDocument> {
  const digest = await shortDigests();
  const conversations: FiledChat[] = [];
  for await (const chat of source.chats()) conversations.push(filed(chat, digest));
  const document = { ...source.header, folders: [...source.folders], conversations };
  const sha256 = await documentSha256(document);
  return { ...document, sha256, ...(source.sign && { signature: await source.sign(sha256) }) };
}

function filed({ conversation, messages }: TranscriptChat, digest: (value: unknown) => string): FiledChat {
  return { conversation, messages, digests: messages.map(digest) };
}

/** Only the header's own members: what else hangs on the object is no part of the hash. */
export function headerInOrder(header: TranscriptHeader): TranscriptHeader {
  const { format, version, notice, exportedAt, appVersion, chats, models } = header;
  return { format, version, notice, exportedAt, appVersion, chats, models };
}
