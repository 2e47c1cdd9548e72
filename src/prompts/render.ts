import { AppError } from '../errors/app-error.ts';
import { controlTexts } from './formats.ts';
import type { Demonstration, PromptFormat } from './formats.ts';
import { neutralise } from './neutralise.ts';

export interface Turn {
  readonly id: string;
  readonly role: 'user' | 'assistant';
  readonly text: string;
}

/** Where the rendered prompt differs from what was typed, for the provenance panel. */
export type PromptNote =
  | {
      readonly kind: 'neutralised';
      readonly where: NotePlace;
      readonly marker: string;
      readonly count: number;
    }
  | { readonly kind: 'replaced-characters'; readonly where: NotePlace; readonly count: number };

export type NotePlace =
  | { readonly part: 'system' | 'demonstrations' }
  | { readonly part: 'turn'; readonly id: string };

export interface PromptInput {
  readonly format: PromptFormat;
  /** Empty: the format's system part is left out. */
  readonly systemText: string;
  readonly demonstrations: readonly Demonstration[];
  /**
   * Oldest first. A last turn of the user's asks for a new reply; a last turn of the assistant's is left open, so that
   * the model goes on with it (Continue). Other turns without text are left out.
   */
  readonly turns: readonly Turn[];
}

/** Where a piece of a prompt comes from. `reply`: what opens the reply that is asked for. */
export type PromptPlace =
  | { readonly part: 'system' }
  | { readonly part: 'example'; readonly index: number }
  | { readonly part: 'turn'; readonly id: string; readonly role: Turn['role'] }
  | { readonly part: 'reply' };

/** All that stands in a prompt for one place, in pieces: the format's own text, and people's. */
export interface PromptBlock {
  readonly place: PromptPlace;
  readonly pieces: readonly { readonly whose: 'format' | 'person'; readonly text: string }[];
}

export interface RenderedPrompt {
  /** Without BOS: the engine puts exactly one in front. */
  readonly prompt: string;
  /** The same cut at its places: all pieces one after another are the prompt, to the character. */
  readonly blocks: readonly PromptBlock[];
  readonly stops: readonly string[];
  /** The reply so far, to which what the model generates is appended (see `replyText`); empty for a new reply. */
  readonly openReply: string;
  readonly notes: readonly PromptNote[];
}

/**
 * Renders a conversation as the one string the model sees. Every marker and stop in it is the format's own: those in
 * anybody's text are neutralised (see `neutralise.ts`) and listed in `notes`.
 * @throws AppError `prompt/empty` when no turn has text, or the last one is a question without text.
 */
export function renderPrompt({ format, systemText, demonstrations, turns }: PromptInput): RenderedPrompt {
  const { layout } = format;
  const prompt = new PromptWriter([...format.stops, ...controlTexts], layout.exact);
  const said = turnsWithText(turns, layout);
  const last = said.at(-1);
  if (systemText.trim() !== '') {
    prompt.begin({ part: 'system' });
    prompt.ours(layout.systemBefore).theirs(systemText, { part: 'system' }).ours(layout.systemAfter);
  }
  for (const [index, { question, answer }] of demonstrations.entries()) {
    const where = { part: 'demonstrations' } as const;
    prompt.begin({ part: 'example', index });
    prompt.ours(layout.userBefore).theirs(question, where).ours(layout.userAfter);
    prompt
      .ours(layout.assistantBefore + layout.answerBefore)
      .theirs(answer, where)
      .ours(layout.answerAfter);
  }
  for (const turn of said) {
    const where = { part: 'turn', id: turn.id } as const;
    prompt.begin({ ...where, role: turn.role });
    if (turn.role === 'user') {
      prompt.ours(layout.userBefore).theirs(turn.text, where).ours(layout.userAfter);
    } else {
      prompt.ours(layout.assistantBefore + layout.answerBefore).theirs(turn.text, where);
      if (turn !== last) prompt.ours(layout.answerAfter);
    }
  }
  if (last?.role === 'user' && layout.assistantBefore !== '') {
    prompt.begin({ part: 'reply' }).ours(layout.assistantBefore);
  }
  return {
    prompt: prompt.text,
    blocks: prompt.blocks(),
    stops: format.stops,
    openReply: last?.role !== 'assistant' ? '' : layout.exact ? last.text : last.text.trim(),
    notes: prompt.notes,
  };
}

/**
 * The turns a prompt is made of: those with text (a reply that failed at once has none). Where texts go in as they are, a line
 * break between two of them is text, too.
 * @throws AppError `prompt/empty` when there is none, or the last one is a question without text.
 */
export function turnsWithText(
  turns: readonly Turn[],
  { exact }: Pick<PromptFormat['layout'], 'exact'>,
): readonly Turn[] {
  const said = turns.filter(({ text }) => (exact ? text : text.trim()) !== '');
  const last = turns.at(-1);
  if (said.every(({ text }) => text.trim() === '') || (last?.role === 'user' && last !== said.at(-1))) {
    throw new AppError('prompt/empty', 'a prompt needs a turn with text at its end');
  }
  return said;
}

/** Where a piece begins. */
interface Mark {
  at: number;
  readonly place: PromptPlace;
  readonly whose: 'format' | 'person';
}

/** Joins the format's own text with people's, whose markers it breaks, also those that only arise where two texts touch. */
class PromptWriter {
  readonly notes: PromptNote[] = [];
  private readonly markers: readonly string[];
  private readonly exact: boolean;
  private done = '';
  /** People's text since the last non-empty text of ours. */
  private open = '';
  private readonly marks: Mark[] = [];
  private place: PromptPlace = { part: 'reply' };

  constructor(markers: readonly string[], exact: boolean) {
    this.markers = markers;
    this.exact = exact;
  }

  get text(): string {
    return this.done + this.open;
  }

  /** What is written from here on belongs to `place`. */
  begin(place: PromptPlace): this {
    this.place = place;
    return this;
  }

  ours(text: string): this {
    if (text !== '') {
      this.marks.push({ at: this.text.length, place: this.place, whose: 'format' });
      this.done += this.open + text;
      this.open = '';
    }
    return this;
  }

  theirs(text: string, where: NotePlace): this {
    const before = this.open;
    const result = neutralise(before + (this.exact ? text : text.trim()), this.markers);
    this.open = result.text;
    for (let index = this.marks.length - 1; index >= 0; index -= 1) {
      const mark = this.marks[index];
      const within = mark ? mark.at - this.done.length : 0;
      if (!mark || within <= 0) break;
      mark.at = this.done.length + placeAfter(before, this.open, within);
    }
    const at = this.done.length + placeAfter(before, this.open, before.length);
    this.marks.push({ at, place: this.place, whose: 'person' });
    for (const [marker, count] of result.broken)
      this.notes.push({ kind: 'neutralised', where, marker, count });
    if (result.replacedCharacters > 0) {
      this.notes.push({ kind: 'replaced-characters', where, count: result.replacedCharacters });
    }
    return this;
  }

  blocks(): readonly PromptBlock[] {
    const { text, marks } = this;
    const blocks: { readonly place: PromptPlace; readonly pieces: PromptBlock['pieces'][number][] }[] = [];
    for (const [index, { at, place, whose }] of marks.entries()) {
      const piece = { whose, text: text.slice(at, marks[index + 1]?.at) };
      const block = blocks.at(-1);
      if (block?.place === place) block.pieces.push(piece);
      else blocks.push({ place, pieces: [piece] });
    }
    return blocks;
  }
}

/**
 * Where the first `length` characters of `before` end in `after`, which begins with the same text but for spaces put into
 * markers. Such a space never stands beside white space, so a character that differs can only be one.
 */
function placeAfter(before: string, after: string, length: number): number {
  let at = 0;
  for (let n = 0; n < length; n += 1) {
    if (after.charAt(at) !== before.charAt(n)) at += 1;
    at += 1;
  }
  return at;
}
