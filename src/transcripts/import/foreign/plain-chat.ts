import { MAX_MESSAGES_PER_CHAT } from '../../format/limits.ts';
import type { Omissions } from './omissions.ts';

/** One message of any source, before it gets ids. `parent` is an index into the list; null starts the chat. */
export interface PlainMessage {
  readonly role: 'user' | 'assistant';
  readonly text: string;
  readonly parent: number | null;
  /** Milliseconds since the epoch; 0 when the file does not say. */
  readonly createdAt: number;
  /** The source says that a person changed the text. */
  readonly edited?: boolean;
  /** The source's own name for the message, where it has one that stays the same from export to export. */
  readonly key?: string;
}

/** Whether a chat will be refused for its length: its reader need not go on, nor anybody give it ids. */
export function isOverlong(messages: readonly PlainMessage[]): boolean {
  return messages.length > MAX_MESSAGES_PER_CHAT;
}

export interface PlainChat {
  readonly title: string;
  /** Milliseconds since the epoch; 0 when the file does not say. */
  readonly createdAt: number;
  readonly systemText: string | null;
  /** Parents before their children. */
  readonly messages: readonly PlainMessage[];
  /** Index of the last message on screen; null takes the last one. */
  readonly leaf: number | null;
  /** What tells this chat from every other of its kind and stays when it grows; null: only all of its text does. */
  readonly identity: readonly string[] | null;
  /** The source's name for the folder it is in. */
  readonly folder?: string | undefined;
  readonly omitted: Omissions;
}
