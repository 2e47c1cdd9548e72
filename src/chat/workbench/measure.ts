/** The prompt of the next reply as it would be sent now, with the tokens of each of its blocks. */
import type { LoadedModel } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Preferences } from '../../preferences/preferences.ts';
import { reserveForAnswer } from '../../prompts/fit.ts';
import { renderPrompt, type PromptBlock, type Turn } from '../../prompts/render.ts';
import type { CountTokens } from '../../prompts/token-counter.ts';
import type { ChatChoices } from '../session/chat-choices.ts';
import {
  isRaw,
  preparePrompt,
  promptModel,
  promptSettings,
  type PromptSettings,
} from '../session/reply/prompting.ts';

/** Stands for the id of the question that is being typed: no message's, which are longer. */
export const DRAFT = 'draft';

export interface BlockView extends PromptBlock {
  readonly tokens: number;
}

export interface PromptView {
  readonly settings: PromptSettings;
  /** One text, without format, system text or examples. */
  readonly raw: boolean;
  /** One after another they are the prompt. */
  readonly blocks: readonly BlockView[];
  /** With the start token that the engine puts in front. */
  readonly promptTokens: number;
  readonly window: number;
  /** Tokens kept free for the reply. */
  readonly reserve: number;
  /** Ids of turns for which there is no room. */
  readonly dropped: readonly string[];
  /** The same in exchanges: the next measurement's `firstGuess`. */
  readonly droppedExchanges: number;
  readonly leftOut: readonly string[];
  /** Why it can't be sent as it is; null: it can. */
  readonly problem: AppError | null;
}

export interface Measured {
  readonly model: Pick<LoadedModel, 'modelId' | 'promptAs' | 'contextLength'>;
  readonly countTokens: CountTokens;
  readonly turns: readonly Turn[];
  readonly draft: string;
  /** With what the preset says. */
  readonly choices: ChatChoices;
  readonly preferences: Pick<Preferences, 'promptFormat' | 'sampling'>;
  readonly firstGuess?: number;
}

/** @throws what counting throws. */
export async function measurePrompt(about: Measured): Promise<PromptView> {
  const { model, countTokens, draft, choices, preferences, firstGuess = 0 } = about;
  const empty = draft.trim() === '';
  // A prompt needs a question: one stands in while none is typed, and is taken out again.
  const turns: readonly Turn[] = [...about.turns, { id: DRAFT, role: 'user', text: empty ? '.' : draft }];
  const settings = promptSettings(promptModel(model), choices, preferences);
  const { maxTokens } = settings.sampling;
  const common = {
    settings,
    raw: isRaw(settings.format),
    window: model.contextLength,
    reserve: reserveForAnswer(model.contextLength, maxTokens),
  };
  try {
    const { fitted } = await preparePrompt({
      loaded: { ...model },
      countTokens,
      turns,
      choices,
      preferences,
      firstGuess,
    });
    const blocks = await counted(empty ? withoutDraft(fitted.blocks) : fitted.blocks, countTokens);
    const { dropped, droppedExchanges, leftOut } = fitted;
    return {
      ...common,
      blocks,
      promptTokens: sum(blocks) + 1,
      dropped,
      droppedExchanges,
      leftOut,
      problem: null,
    };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || !thrown.code.startsWith('prompt/')) throw thrown;
    const demonstrations = settings.examples.filter(({ off }) => !off);
    const alone = renderPrompt({ ...settings, demonstrations, turns: turns.slice(-1) });
    const blocks = await counted(alone.blocks, countTokens);
    const dropped = about.turns.map(({ id }) => id);
    return {
      ...common,
      blocks,
      promptTokens: sum(blocks) + 1,
      dropped,
      droppedExchanges: 0,
      leftOut: [],
      problem: thrown,
    };
  }
}

/**
 * A block's tokens are those that come with it: the count up to its end less the count up to its beginning. So they add up to
 * the prompt's, also where a token lies across two blocks.
 */
async function counted(
  blocks: readonly PromptBlock[],
  countTokens: CountTokens,
): Promise<readonly BlockView[]> {
  const ends: string[] = [];
  for (const { pieces } of blocks) ends.push((ends.at(-1) ?? '') + pieces.map(({ text }) => text).join(''));
  const totals = await Promise.all(
    ends.map((text) => (text === '' ? Promise.resolve(0) : countTokens(text))),
  );
  return blocks.map((block, index) => ({
    ...block,
    tokens: (totals[index] ?? 0) - (totals[index - 1] ?? 0),
  }));
}

function withoutDraft(blocks: readonly PromptBlock[]): readonly PromptBlock[] {
  return blocks.map((block) =>
    block.place.part === 'turn' && block.place.id === DRAFT
      ? {
          ...block,
          pieces: block.pieces.map((piece) => (piece.whose === 'person' ? { ...piece, text: '' } : piece)),
        }
      : block,
  );
}

function sum(blocks: readonly BlockView[]): number {
  return blocks.reduce((total, { tokens }) => total + tokens, 0);
}

/** English prose in a Llama vocabulary, where no model is at hand to count: never the figure of a sent prompt. */
const CHARACTERS_PER_TOKEN = 3.8;

export const estimateTokens: CountTokens = (text) =>
  Promise.resolve(Math.ceil(text.length / CHARACTERS_PER_TOKEN));
