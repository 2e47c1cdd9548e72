/**
 * Conversations of other programs, as they export them: one reader a shape. Each becomes the app's own tree; ids follow from
 * the content, so that the same file twice makes no duplicates.
 */
import { z } from '../../../lib/zod.ts';
import { AppError } from '../../../errors/app-error.ts';
import { shortDigests } from '../../format/integrity/canonical.ts';
import { chatOf } from './chat-of.ts';
import { readBetterFolders } from './better-chatgpt-folders.ts';
import { chatGptConversation, readChatGpt } from './chatgpt/chatgpt.ts';
import { betterChat, openAiChat, readBetter, readOpenAi, readShareGpt, shareGptChat } from './linear.ts';
import { OmissionCounts, omissionsText } from './omissions.ts';
import { OVERLONG, refusal } from '../files/read-chat.ts';
import type { TranscriptChat } from '../../format/document.ts';
import { isOverlong, type PlainChat } from './plain-chat.ts';
import { chatboxSession, chatboxSessions, readChatbox } from './trees/chatbox.ts';
import { lmStudioChat, readLmStudio } from './trees/lm-studio.ts';
import {
  claudeChat,
  libreChat,
  llamaCppChat,
  openWebUiChat,
  readClaude,
  readLibreChat,
  readLlamaCpp,
  readOpenWebUi,
} from './trees/web-uis.ts';
import { isTurn } from './turns.ts';
import type { FileKind, ReadFile, Skipped } from '../read-result.ts';

type Reader = (value: unknown) => PlainChat | null;

interface ForeignReader {
  readonly kind: FileKind;
  readonly fits: z.ZodType;
  readonly read: Reader;
}

const BETTER: ForeignReader = { kind: 'better-chatgpt', fits: betterChat, read: readBetter };
const CHATBOX: ForeignReader = { kind: 'chatbox', fits: chatboxSession, read: readChatbox };
const OPENAI: ForeignReader = { kind: 'openai-messages', fits: openAiChat, read: readOpenAi };

/** The order matters: the first that fits any entry names the file and reads all it can; the rest is left to the others. */
const READERS: readonly ForeignReader[] = [
  { kind: 'chatgpt', fits: chatGptConversation, read: readChatGpt },
  { kind: 'llamacpp-webui', fits: llamaCppChat, read: readLlamaCpp },
  { kind: 'open-webui', fits: openWebUiChat, read: readOpenWebUi },
  { kind: 'claude', fits: claudeChat, read: readClaude },
  { kind: 'librechat', fits: libreChat, read: readLibreChat },
  { kind: 'lm-studio', fits: lmStudioChat, read: readLmStudio },
  { kind: 'sharegpt', fits: shareGptChat, read: readShareGpt },
  BETTER,
  OPENAI,
];

/** BetterChatGPT wraps its chats together with their folders. */
const wrapped = z.object({ chats: z.array(z.unknown()) });
/** NextChat wraps them in the name of its store. */
const nextChat = z.object({ 'chat-next-web-store': z.object({ sessions: z.array(z.unknown()) }) });

/** @throws AppError `transcript/unknown-format` */
export async function readForeign(value: unknown, text: string): Promise<ReadFile> {
  const { entries, reader } = entriesOf(value);
  if (!reader)
    throw new AppError('transcript/unknown-format', 'No entry has a known shape.', {
      characters: text.length,
    });
  const digest = await shortDigests();
  const folders = readBetterFolders(reader.kind === 'better-chatgpt' ? value : null, digest);
  const chats: TranscriptChat[] = [];
  const skipped: Skipped[] = [...folders.skipped];
  const omitted = new OmissionCounts();
  for (const [index, entry] of entries.entries()) {
    const read = readEntry(entry, reader);
    const what = `conversation ${index + 1}`;
    if (!read) {
      skipped.push({ what, why: 'it has another shape than the app can read' });
      continue;
    }
    const { plain, kind } = read;
    if (plain.messages.length === 0) {
      const but = omissionsText(plain.omitted);
      skipped.push({ what, why: `it holds no text of a person or a model${but && `; ${but}`}` });
    } else if (isOverlong(plain.messages)) skipped.push({ what, why: OVERLONG });
    else {
      const folder = plain.folder === undefined ? undefined : folders.byKey.get(plain.folder);
      const chat = chatOf(plain, { kind, folderId: folder?.id ?? null, digest });
      const problem = refusal(chat);
      if (problem === null) {
        chats.push(chat);
        omitted.addAll(plain.omitted);
      } else skipped.push({ what, why: problem });
    }
  }
  return {
    kind: reader.kind,
    chats,
    folders: [...folders.byKey.values()],
    skipped,
    omitted: omitted.total(),
    integrity: { state: 'unknown' },
  };
}

interface Entries {
  readonly entries: readonly unknown[];
  /** null: no entry has a known shape. */
  readonly reader: ForeignReader | null;
}

function entriesOf(value: unknown): Entries {
  const sessions = chatboxSessions(value);
  if (sessions) return { entries: sessions, reader: CHATBOX };
  if (Array.isArray(value)) {
    const list = value as unknown[];
    // A bare list of messages is one conversation.
    const alone = list.some((each) => isTurn(each)) && !READERS.some((one) => fitsAny(one, list));
    return withReader(alone ? [{ messages: list }] : list);
  }
  const store = nextChat.safeParse(value);
  if (store.success) return withReader(store.data['chat-next-web-store'].sessions);
  const inside = wrapped.safeParse(value);
  if (!inside.success) return withReader([value]);
  const found = withReader(inside.data.chats);
  // Nothing in an entry without settings tells it from any other list of messages; its wrapper does.
  return found.reader === OPENAI ? { ...found, reader: BETTER } : found;
}

function withReader(entries: readonly unknown[]): Entries {
  return { entries, reader: READERS.find((one) => fitsAny(one, entries)) ?? null };
}

function fitsAny({ fits }: ForeignReader, entries: readonly unknown[]): boolean {
  return entries.some((entry) => fits.safeParse(entry).success);
}

function readEntry(
  entry: unknown,
  first: ForeignReader,
): { readonly plain: PlainChat; readonly kind: FileKind } | null {
  for (const { kind, fits, read } of [first, ...READERS]) {
    if (kind !== first.kind && !fits.safeParse(entry).success) continue;
    const plain = read(entry);
    if (plain) return { plain, kind };
  }
  return null;
}
