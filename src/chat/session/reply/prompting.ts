/**
 * From a chat's choices to the prompt of its next reply. A chunk of its own: formats and their schemas are not needed
 * before a model is.
 */
import type { BannedToken, Example } from '../../../lib/prompt-settings-schema.ts';
import type { Sampling } from '../../../lib/sampling.ts';
import type { Store } from '../../../conversations/data/store.ts';
import type { LoadedModel } from '../../../engine/port.ts';
import type { Preferences } from '../../../preferences/preferences.ts';
import { fitConversation, reserveForAnswer, type FittedPrompt } from '../../../prompts/fit.ts';
import {
  builtInDemonstrations,
  findPromptFormat,
  promptDefaultsFor,
  promptFormats,
  type PromptDefaults,
  type PromptFormat,
} from '../../../prompts/formats.ts';
import type { Turn } from '../../../prompts/render.ts';
import { replyText } from '../../../prompts/reply.ts';
import { rememberCounts, type CountTokens } from '../../../prompts/token-counter.ts';
import { withPreset, type ChatInPlace } from '../../presets/follow.ts';
import type { ChatChoices } from '../chat-choices.ts';

// They are needed when a prompt is, and not before.
export { traceOf } from '../../tokens/trace.ts';

/** What one reply is written with in place of what holds in its chat. */
export type Variation = Partial<Sampling>;

export interface PromptSettings {
  readonly format: PromptFormat;
  readonly systemText: string;
  /** All that are kept, those that are off too. */
  readonly examples: readonly Example[];
  /** How many of them stand in the prompt. */
  readonly demonstrations: number;
  readonly sampling: Sampling;
  /** What ends a reply: the format's own, then those a person added. */
  readonly stops: readonly string[];
  readonly bannedTokens: readonly BannedToken[];
}

export interface PreparedPrompt extends PromptSettings {
  readonly fitted: FittedPrompt;
  /** With the limit that is left of the window. */
  readonly sampling: Sampling;
  /** The reply as a person reads it, from all that was generated. */
  readonly replyText: (generated: string) => string;
}

/** What holds in a chat with this model, and where nothing was chosen, the model's own way. */
export function promptSettings(
  modelId: string,
  choices: ChatChoices,
  preferences: Pick<Preferences, 'promptFormat' | 'sampling'>,
  defaults: PromptDefaults = promptDefaultsFor(modelId),
): PromptSettings {
  const chosen = choices.promptFormat ?? preferences.promptFormat;
  const own = findPromptFormat(defaults.format);
  const format = (chosen === null ? undefined : findPromptFormat(chosen)) ?? own ?? promptFormats[0];
  if (!format) throw new TypeError('there is no prompt format');
  const asModelWants = format.id === defaults.format;
  const setup = choices.promptSetup;
  const sampling =
    choices.sampling ?? preferences.sampling ?? (asModelWants ? defaults.sampling : format.sampling);
  const common = {
    sampling,
    stops: [...new Set([...format.stops, ...(setup?.stops ?? [])])],
    bannedTokens: setup?.bannedTokens ?? [],
  };
  if (isRaw(format)) {
    return { ...common, format: asOneText(format), systemText: '', examples: [], demonstrations: 0 };
  }
  const builtIn = asModelWants ? defaults.demonstrations : format.demonstrations;
  const examples =
    setup?.examples ?? builtInDemonstrations.slice(0, builtIn).map((each) => ({ ...each, off: false }));
  return {
    ...common,
    format,
    systemText: choices.systemText ?? defaults.systemText,
    examples,
    demonstrations: examples.filter(isInPrompt).length,
  };
}

/** The model goes on with what is typed, and nothing else is in the prompt. */
export function isRaw({ layout }: Pick<PromptFormat, 'layout'>): boolean {
  return layout.exact;
}

/** What was written and what is typed then follow each other as one text, as a continuation does. */
function asOneText(format: PromptFormat): PromptFormat {
  return { ...format, layout: { ...format.layout, answerAfter: '' } };
}

/** An example half written does not count. */
function isInPrompt({ question, answer, off }: Example): boolean {
  return !off && question.trim() !== '' && answer.trim() !== '';
}

/** Whose way of prompting holds: a server's model is prompted as the one of the catalogue that it is. */
export function promptModel({ modelId, promptAs }: Pick<LoadedModel, 'modelId' | 'promptAs'>): string {
  return promptAs === undefined || promptAs === '' ? modelId : promptAs;
}

const counters = new WeakMap<object, CountTokens>();

/** Counts are remembered per loaded model: vocabularies differ. */
function counterFor(loaded: object, countTokens: CountTokens): CountTokens {
  const known = counters.get(loaded) ?? rememberCounts(countTokens);
  counters.set(loaded, known);
  return known;
}

export interface PromptRequest {
  readonly loaded: Pick<LoadedModel, 'modelId' | 'promptAs' | 'contextLength'>;
  readonly countTokens: CountTokens;
  /** The path to the question, or to the reply that is continued. */
  readonly turns: readonly Turn[];
  readonly choices: ChatInPlace;
  readonly preferences: Pick<Preferences, 'promptFormat' | 'sampling'>;
  readonly variation?: Variation;
  /** The chat whose reply it is, where `choices` are not its own: token probabilities are kept if they are in the chat. */
  readonly within?: ChatInPlace;
  /** A reply that is gone on with keeps the space it ends with: a person chose a token that is one. */
  readonly keepEnd?: boolean;
  /** See `FitInput`. */
  readonly firstGuess?: number;
}

/** The prompt of a chat's next reply, with what its preset says. Throws as `preparePrompt`, and what reading throws. */
export async function prepareReply(store: Store, input: PromptRequest): Promise<PreparedPrompt> {
  const choices = await withPreset(store, input.choices);
  if (!input.within) return preparePrompt({ ...input, choices });
  const chat = promptSettings(
    promptModel(input.loaded),
    await withPreset(store, input.within),
    input.preferences,
  );
  const { topAlternatives } = chat.sampling;
  const kept = topAlternatives === undefined ? {} : { topAlternatives };
  return preparePrompt({ ...input, choices, variation: { ...kept, ...input.variation } });
}

/** @throws AppError `prompt/empty`, `prompt/message-too-long`, `prompt/pinned-too-long`, and what counting throws. */
export async function preparePrompt(input: PromptRequest): Promise<PreparedPrompt> {
  const { loaded, turns } = input;
  const settings = promptSettings(promptModel(loaded), input.choices, input.preferences);
  const { maxTokens } = settings.sampling;
  const setup = input.choices.promptSetup;
  const whole = await fitConversation({
    format: settings.format,
    systemText: settings.systemText,
    demonstrations: settings.examples.filter(isInPrompt),
    ...(setup && { leftOut: new Set(setup.leftOut), pinned: new Set(setup.pinned) }),
    turns,
    contextLength: loaded.contextLength,
    maxTokens,
    reserveForAnswer: reserveForAnswer(loaded.contextLength, maxTokens),
    countTokens: counterFor(loaded, input.countTokens),
    firstGuess: input.firstGuess ?? 0,
  });
  const own = turns.at(-1);
  // A reply that follows another one is no more of that one's message: it holds what it wrote itself.
  const fit = own?.role === 'assistant' && own.text === '' ? { ...whole, openReply: '' } : whole;
  const end = input.keepEnd === true && !settings.format.layout.exact ? endSpace(turns.at(-1)?.text) : '';
  const fitted =
    end === ''
      ? fit
      : {
          ...fit,
          prompt: fit.prompt + end,
          openReply: fit.openReply + end,
          // A token for a character at most.
          promptTokens: fit.promptTokens + end.length,
          maxTokens: Math.max(1, fit.maxTokens - end.length),
        };
  return {
    ...settings,
    fitted,
    sampling: { ...settings.sampling, ...input.variation, maxTokens: fitted.maxTokens },
    replyText: (generated) =>
      replyText({ ...settings.format, stops: settings.stops }, generated, fitted.openReply),
  };
}

function endSpace(text = ''): string {
  return text.slice(text.trimEnd().length);
}
