/** The tokens of a reply: kept with it, spelled out as text, and gone on from with another token in one's place. */
import type { TokenTrace, TracedChoice, TracedToken } from '../../database/records.ts';
import type { ChosenToken, TokenChoice } from '../../engine/port.ts';

const encoder = new TextEncoder();

function bytesOf({ text, bytes }: TracedChoice): Uint8Array {
  return bytes ? Uint8Array.from(bytes) : encoder.encode(text);
}

/** The text that tokens make together: characters cut between them are whole again. */
export function spelled(tokens: readonly TracedChoice[]): string {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  return tokens.map((token) => decoder.decode(bytesOf(token), { stream: true })).join('') + decoder.decode();
}

/** As records hold it: JSON has no minus infinity. */
export function traced({ id, text, bytes, logProbability }: TokenChoice): TracedChoice {
  return {
    id,
    text,
    ...(bytes && { bytes: [...bytes] }),
    // No minus zero either.
    logProbability: Number.isFinite(logProbability) ? logProbability + 0 : null,
  };
}

/**
 * @param told what the engine told of this request.
 * @param startText what the reply began with.
 * @param before the tokens of that, where it was written with them.
 * @returns undefined where nothing was told.
 */
export function traceOf(
  told: readonly ChosenToken[],
  startText: string,
  before: TokenTrace | null,
): TokenTrace | undefined {
  const tokens = told.map((token) => ({ ...traced(token), alternatives: token.alternatives.map(traced) }));
  const goesOn = before !== null && startText.slice(before.start).trim() === spelled(before.tokens).trim();
  if (goesOn && before.tokens.length > 0)
    return { start: before.start, from: before.tokens.length, tokens: [...before.tokens, ...tokens] };
  return tokens.length === 0 ? undefined : { start: startText.length, from: 0, tokens };
}

/** A token by which a vocabulary marks begin, end or turn: no text to go on from. */
const CONTROL = /^(?:<\/?s>|<unk>|<\|[^|]*\|>|<EOD>)$/i;

export type Branch =
  | { readonly text: string; readonly trace: TokenTrace }
  /** Why there is no going on from there. */
  | { readonly refused: 'control' | 'part-of-character' | 'changed' };

/**
 * The beginning of a new version: the reply up to a token, and another in its place.
 * @param text of the reply the trace is about.
 */
export function branchAt(text: string, trace: TokenTrace, at: number, other: TracedChoice): Branch {
  const replaced = trace.tokens[at];
  if (!replaced || !agrees(text, trace)) return { refused: 'changed' };
  if (other.text === '' || CONTROL.test(other.text)) return { refused: 'control' };
  const chosen: TracedToken = { ...other, alternatives: replaced.alternatives };
  const tokens = [...trace.tokens.slice(0, at), chosen];
  const written = spelled(tokens);
  if (written.includes('\ufffd')) return { refused: 'part-of-character' };
  const before = text.slice(0, trace.start);
  // The space before a reply's first word is a token's, but not the text's.
  const lead = before === '' && !/^\s/.test(text) ? written.trimStart() : written;
  return { text: before + lead, trace: { start: trace.start, from: tokens.length, tokens } };
}

/** Whether a text is still what its tokens spell, of which a stop may have cut the end. */
export function agrees(text: string, { start, tokens }: TokenTrace): boolean {
  const written = spelled(tokens).trim();
  return written.startsWith(text.slice(start).trim());
}

/** The chance a token had, 0–1. */
export function probability({ logProbability }: Pick<TracedChoice, 'logProbability'>): number {
  return logProbability === null ? 0 : Math.min(1, Math.exp(logProbability));
}
