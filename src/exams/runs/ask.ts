/** Puts one question to the model and makes its result. */
import type { Engine, GenerationDone } from '../../engine/port.ts';
import { AppError } from '../../errors/app-error.ts';
import type { Item } from '../items/item.ts';
import { extractAnswer, majority } from './extract.ts';
import { renderItem, type RenderedItem, type Shown } from './forms.ts';
import type { Presentation, RunPlan } from './run-plan.ts';
import { bestPosition, optionScores, type OptionResult, type ReplyResult, type Result } from './result.ts';

export type AskEngine = Pick<Engine, 'score' | 'generate' | 'countTokens'>;

/** Everything of a result but which run it belongs to and where its prefix is kept. */
export type Answer = Omit<Result, 'runId' | 'prefixKey' | 'prompt'> & { readonly rendered: RenderedItem };

/** -1e30 stands for "impossible": JSON has no infinities. */
const IMPOSSIBLE = -1e30;

/** An item in one order, as the forms render it. */
export function show(item: Item, order: readonly number[]): Shown {
  return {
    item,
    options: order.map((option) => item.options[option] ?? ''),
    gold: order.findIndex((option) => item.answer.includes(option)),
  };
}

/** An example is shown as its set gives it. */
export function showAsGiven(item: Item): Shown {
  return show(
    item,
    item.options.map((_, index) => index),
  );
}

/**
 * @param contextLength of the loaded model, in tokens with BOS.
 * @throws AppError what the engine throws, apart from `engine/prompt-too-long`, which is a result; `aborted`.
 */
export async function ask(
  engine: AskEngine,
  plan: RunPlan,
  examples: readonly Shown[],
  item: Item,
  presentation: Presentation,
  contextLength: number,
  signal: AbortSignal,
  now: () => number = () => Date.now(),
): Promise<Answer> {
  const shown = show(item, presentation.order);
  const rendered = renderItem(plan, examples, shown);
  const prompt = rendered.prefix + rendered.own;
  const started = now();
  const promptTokens = await engine.countTokens(prompt);
  const base = {
    n: presentation.n,
    itemId: item.id,
    order: [...presentation.order],
    right: presentation.order.flatMap((option, position) => (item.answer.includes(option) ? [position] : [])),
    promptTokens,
    rendered,
  };
  try {
    if (plan.method.kind === 'written') {
      // One for BOS: a reply that had to be cut short would be another question.
      if (promptTokens + 1 + plan.method.maxTokens > contextLength)
        throw tooLong(promptTokens, contextLength);
      const replies = await write(engine, plan, rendered, prompt, shown.options, item.id, signal);
      const chosen = majority(replies.map(({ answer }) => answer));
      return {
        ...base,
        status: 'answered',
        options: [],
        replies,
        chosen,
        at: now(),
        elapsedMs: since(started, now()),
      };
    }
    const scores = await engine.score(prompt, rendered.continuations, signal);
    const options = scores.map(({ option, logProbability, tokens }): OptionResult => ({
      continuation: option,
      logProbability: Math.min(0, Math.max(IMPOSSIBLE, logProbability)),
      tokens,
    }));
    const chosen = bestPosition(optionScores(plan.method, options));
    return {
      ...base,
      status: 'answered',
      options,
      replies: [],
      chosen,
      at: now(),
      elapsedMs: since(started, now()),
    };
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'engine/prompt-too-long') throw thrown;
    return { ...base, status: 'too-long', options: [], replies: [], chosen: null, at: now(), elapsedMs: 0 };
  }
}

/** The wall clock may be set back meanwhile; no time is less than none. */
function since(started: number, now: number): number {
  return Math.max(0, now - started);
}

async function write(
  engine: AskEngine,
  plan: RunPlan,
  rendered: RenderedItem,
  prompt: string,
  options: readonly string[],
  itemId: string,
  signal: AbortSignal,
): Promise<ReplyResult[]> {
  const { method } = plan;
  if (method.kind !== 'written') return [];
  const replies: ReplyResult[] = [];
  for (let branch = 0; branch < method.branches; branch += 1) {
    const seed = method.temperature > 0 ? plan.seed + branch : null;
    let text = '';
    let done: GenerationDone | null = null;
    const sampling = {
      temperature: method.temperature,
      topP: method.topP,
      topK: 0,
      repetitionPenalty: 1,
      seed,
      maxTokens: method.maxTokens,
    };
    for await (const event of engine.generate({ prompt, sampling, stops: rendered.stops }, signal)) {
      if (event.type === 'token') text += event.text;
      else done = event;
    }
    if (done === null) throw new AppError('engine/generation-failed', 'the reply had no end', { itemId });
    // Half a reply is no answer: the question is put again.
    if (done.finishReason === 'aborted') throw new AppError('aborted', 'the run was interrupted');
    replies.push({
      text,
      tokens: done.usage.completionTokens,
      finishReason: done.finishReason,
      seed: done.seed,
      answer: extractAnswer(text, method.extraction, options),
    });
  }
  return replies;
}

function tooLong(promptTokens: number, contextLength: number): AppError {
  return new AppError('engine/prompt-too-long', 'question and reply do not fit the window', {
    promptTokens,
    contextLength,
  });
}
