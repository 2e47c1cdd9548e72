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
  { readonly part: 'system' | 'demonstrations' } | { readonly part: 'turn'; readonly id: string };

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

export interface RenderedPrompt {
  /** Without BOS: the engine puts exactly one in front. */
  readonly prompt: string;
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
  const said = turnsWithText(turns);
  const last = said.at(-1);

  if (systemText.trim() !== '') {
    prompt.ours(layout.systemBefore).theirs(systemText, { part: 'system' }).ours(layout.systemAfter);
  }
  for (const { question, answer } of demonstrations) {
    const where = { part: 'demonstrations' } as const;
    prompt.ours(layout.userBefore).theirs(question, where).ours(layout.userAfter);
    prompt
      .ours(layout.assistantBefore + layout.answerBefore)
      .theirs(answer, where)
      .ours(layout.answerAfter);
  }
  for (const turn of said) {
    const where = { part: 'turn', id: turn.id } as const;
    if (turn.role === 'user') {
      prompt.ours(layout.userBefore).theirs(turn.text, where).ours(layout.userAfter);
    } else {
      prompt.ours(layout.assistantBefore + layout.answerBefore).theirs(turn.text, where);
      if (turn !== last) prompt.ours(layout.answerAfter);
    }
  }
  if (last?.role === 'user') prompt.ours(layout.assistantBefore);

  return {
    prompt: prompt.text,
    stops: format.stops,
    openReply: last?.role !== 'assistant' ? '' : layout.exact ? last.text : last.text.trim(),
    notes: prompt.notes,
  };
}

/**
 * The turns a prompt is made of: those with text (a reply that failed at once has none).
 * @throws AppError `prompt/empty` when there is none, or the last one is a question without text.
 */
export function turnsWithText(turns: readonly Turn[]): readonly Turn[] {
  const said = turns.filter((turn) => turn.text.trim() !== '');
  const last = turns.at(-1);
  if (said.length === 0 || (last?.role === 'user' && last !== said.at(-1))) {
    throw new AppError('prompt/empty', 'a prompt needs a turn with text at its end');
  }
  return said;
}

/** Joins the format's own text with people's, whose markers it breaks, also those that only arise where two texts touch. */
class PromptWriter {
  readonly notes: PromptNote[] = [];
  private readonly markers: readonly string[];
  private readonly exact: boolean;
  private done = '';
  /** People's text since the last non-empty text of ours. */
  private open = '';

  constructor(markers: readonly string[], exact: boolean) {
    this.markers = markers;
    this.exact = exact;
  }

  get text(): string {
    return this.done + this.open;
  }

  ours(text: string): this {
    if (text !== '') {
      this.done += this.open + text;
      this.open = '';
    }
    return this;
  }

  theirs(text: string, where: NotePlace): this {
    const result = neutralise(this.open + (this.exact ? text : text.trim()), this.markers);
    this.open = result.text;
    for (const [marker, count] of result.broken)
      this.notes.push({ kind: 'neutralised', where, marker, count });
    if (result.replacedCharacters > 0) {
      this.notes.push({ kind: 'replaced-characters', where, count: result.replacedCharacters });
    }
    return this;
  }
}
