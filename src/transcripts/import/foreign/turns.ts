/** One message of any program: who speaks, what is said, when. Programs agree on the idea and not on the names. */
import { readContent } from './content-parts.ts';
import type { OmissionReason, OmissionCounts } from './omissions.ts';
import { timeOf } from './times.ts';

/** Where a program keeps the text, the likelier first. */
const TEXTS = ['content', 'contentParts', 'parts', 'value', 'text', 'message'] as const;

export interface Turn {
  readonly speaker: string;
  readonly content: unknown;
  readonly callsTool: boolean;
  /** Milliseconds since the epoch; 0 when the file does not say. */
  readonly createdAt: number;
  /** The source says that a person changed the text. */
  readonly edited?: boolean;
}

/**
 * Member by member: a schema for all there may be takes longer than everything else that is done with a message, and a file has
 * hundreds of thousands.
 * @returns null for what is no message: nobody speaks.
 */
export function readTurn(value: unknown): Turn | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const turn = value as Readonly<Record<string, unknown>>;
  const { isCreatedByUser, tool_calls: calls, author } = turn;
  const speaker =
    nameIn(turn.role) ??
    nameIn(turn.from) ??
    (typeof isCreatedByUser === 'boolean' ? (isCreatedByUser ? 'user' : 'assistant') : undefined) ??
    nameIn(turn.sender) ??
    nameIn(author) ??
    (typeof author === 'object' && author !== null && 'role' in author ? nameIn(author.role) : undefined);
  if (speaker === undefined) return null;
  return {
    speaker,
    content: TEXTS.map((key) => turn[key]).find((each) => !isEmpty(each)) ?? '',
    callsTool: (Array.isArray(calls) && calls.length > 0) || Boolean(turn.function_call),
    createdAt: timeOf(turn.timestamp ?? turn.createdAt ?? turn.created_at ?? turn.create_time),
  };
}

function nameIn(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Members are often there and empty, beside the one that holds the text. */
function isEmpty(value: unknown): boolean {
  return (
    value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
  );
}

/** Whether a value looks like a message: a speaker, and something said or done. */
export function isTurn(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if ('role' in value && typeof value.role === 'string') return true;
  return TEXTS.some((key) => key in value) && readTurn(value) !== null;
}

/** What each program calls who speaks, in small letters. */
const ROLES: ReadonlyMap<string, 'system' | 'user' | 'assistant' | 'tool' | 'picture'> = new Map([
  ...['system', 'developer'].map((speaker) => [speaker, 'system'] as const),
  ...['user', 'human', 'prompter', 'you'].map((speaker) => [speaker, 'user'] as const),
  ...['assistant', 'gpt', 'chatgpt', 'model', 'bot', 'ai', 'bing', 'bard', 'claude', 'gemini'].map(
    (speaker) => [speaker, 'assistant'] as const,
  ),
  ...[
    'tool',
    'function',
    'function_call',
    'function_response',
    'tool_call',
    'tool_response',
    'observation',
  ].map((speaker) => [speaker, 'tool'] as const),
  ['image', 'picture'],
]);

/** What a message says; `nothing` after its reasons were counted. */
export type Said =
  | {
      readonly kind: 'said';
      readonly message: {
        readonly role: 'user' | 'assistant';
        readonly text: string;
        readonly createdAt: number;
      };
    }
  | { readonly kind: 'system'; readonly text: string }
  | { readonly kind: 'nothing' };

const NOTHING: Said = { kind: 'nothing' };

/** @param omitted gets what of the message the app has no place for. */
export function saidIn(turn: Turn | null, omitted: OmissionCounts): Said {
  const miss = (reason: OmissionReason): Said => {
    omitted.add(reason);
    return NOTHING;
  };
  if (!turn) return miss('unreadable');
  const role = ROLES.get(turn.speaker.trim().toLowerCase());
  if (!role) return miss('role');
  if (role === 'tool' || role === 'picture') return miss(role);
  const { text, omitted: parts } = readContent(turn.content, '');
  omitted.addAll(parts);
  if (turn.callsTool) omitted.add('tool');
  if (text === '') {
    return !turn.callsTool && Object.keys(parts).length === 0 ? miss('empty') : NOTHING;
  }
  if (role === 'system') return { kind: 'system', text };
  return { kind: 'said', message: { role, text, createdAt: turn.createdAt } };
}
