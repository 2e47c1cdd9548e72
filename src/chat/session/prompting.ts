/**
 * From a chat's choices to the prompt of its next reply. A chunk of its own: formats and their schemas are not needed
 * before a model is.
 */
import type { Sampling } from '../../lib/sampling.ts';
import type { Conversation } from '../../database/records.ts';
import type { LoadedModel } from '../../engine/port.ts';
import type { Preferences } from '../../preferences/preferences.ts';
import { fitConversation, reserveForAnswer, type FittedPrompt } from '../../prompts/fit.ts';
import {
  builtInDemonstrations,
  findPromptFormat,
  promptDefaultsFor,
  promptFormats,
  type PromptDefaults,
  type PromptFormat,
} from '../../prompts/formats.ts';
import type { Turn } from '../../prompts/render.ts';
import { replyText } from '../../prompts/reply.ts';
import { rememberCounts, type CountTokens } from '../../prompts/token-counter.ts';

// They are needed when a prompt is, and not before.
export { traceOf } from '../tokens/trace.ts';

/** What one reply is written with in place of what holds in its chat. */
export type Variation = Partial<Sampling>;

/** What a chat itself says; null follows the app's settings, then the model. */
export type ChatChoices = Pick<Conversation, 'promptFormat' | 'systemText' | 'sampling'>;

export interface PromptSettings {
  readonly format: PromptFormat;
  readonly systemText: string;
  readonly demonstrations: number;
  readonly sampling: Sampling;
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
  return {
    format,
    systemText: choices.systemText ?? defaults.systemText,
    demonstrations: asModelWants ? defaults.demonstrations : format.demonstrations,
    sampling:
      choices.sampling ?? preferences.sampling ?? (asModelWants ? defaults.sampling : format.sampling),
  };
}

/** Whose way of prompting holds: a server's model is prompted as the one of the catalogue that it is. */
function promptModel({ modelId, promptAs }: LoadedModel): string {
  return promptAs === undefined || promptAs === '' ? modelId : promptAs;
}

const counters = new WeakMap<LoadedModel, CountTokens>();

/** Counts are remembered per loaded model: vocabularies differ. */
function counterFor(loaded: LoadedModel, countTokens: CountTokens): CountTokens {
  const known = counters.get(loaded) ?? rememberCounts(countTokens);
  counters.set(loaded, known);
  return known;
}

/**
 * @param turns the path to the question, or to the reply that is continued.
 * @throws AppError `prompt/empty`, `prompt/message-too-long`, and what counting throws.
 */
export async function preparePrompt(input: {
  readonly loaded: LoadedModel;
  readonly countTokens: CountTokens;
  readonly turns: readonly Turn[];
  readonly choices: ChatChoices;
  readonly preferences: Pick<Preferences, 'promptFormat' | 'sampling'>;
  readonly variation?: Variation;
  /** A reply that is gone on with keeps the space it ends with: a person chose a token that is one. */
  readonly keepEnd?: boolean;
}): Promise<PreparedPrompt> {
  const { loaded, turns } = input;
  const settings = promptSettings(promptModel(loaded), input.choices, input.preferences);
  const { maxTokens } = settings.sampling;
  const fit = await fitConversation({
    format: settings.format,
    systemText: settings.systemText,
    demonstrations: builtInDemonstrations.slice(0, settings.demonstrations),
    turns,
    contextLength: loaded.contextLength,
    maxTokens,
    reserveForAnswer: reserveForAnswer(loaded.contextLength, maxTokens),
    countTokens: counterFor(loaded, input.countTokens),
  });
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
    replyText: (generated) => replyText(settings.format, generated, fitted.openReply),
  };
}

function endSpace(text = ''): string {
  return text.slice(text.trimEnd().length);
}
