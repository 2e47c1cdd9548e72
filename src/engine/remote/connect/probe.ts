/** Finds out what a server is and can do, by asking it what the app will ask it later. No word of a person's goes along. */
import { AppError, isAbort } from '../../../errors/app-error.ts';
import type { z } from '../../../lib/zod.ts';
import type { Counting, Scoring, ServerAbilities } from './abilities.ts';
import { fullSampling } from '../completion-request.ts';
import { hostOf, requestJson, type AskJson, type ServerEndpoint } from '../http.ts';
import type { Surroundings } from '../patience.ts';
import { score } from '../score.ts';
import { tokenizeBody } from '../tokens.ts';
import { findLoad } from '../server-load.ts';
import { countStartTokens, findIgnored } from './prove.ts';
import { completion, infoAnswer, modelList, propsAnswer, tokenizeAnswer, versionAnswer } from '../wire.ts';

const LIST_MS = 20_000;
/** A 70B that was idle writes its first token within this. */
const COMPLETION_MS = 90_000;
/** Of side questions that most servers do not know. */
const SIDE_MS = 5000;

/** Assumed where nobody says: Meditron-7B was trained at this, and any model served today reads at least as much. */
const ASSUMED_CONTEXT = 2048;

/** What the model is to go on with while it is looked at; not a word of anybody's. */
const TRIAL_TEXT = 'The heart has four chambers: the left';
/** More, since a continuation may be one that is cut into other tokens when it is read than it was written with. */
const TRIALS = [
  { text: TRIAL_TEXT, tokens: 3 },
  { text: 'Question: What does the liver do?\nAnswer:', tokens: 2 },
  { text: '1, 2, 3, 4,', tokens: 1 },
] as const;
/** Two ways to the same log-probability differ by the rounding of other kernels: in bfloat16 a few hundredths over some tokens. */
const SAME = 0.05;

/** What a Llama-2 tokenizer reads as control, whatever else a server names. */
const CONTROL_TEXTS = ['<s>', '</s>', '<unk>'];

/** The models a server lists. @throws AppError `server/*`, `network/offline-only`. */
export async function listModels(
  server: ServerEndpoint,
  surroundings: Surroundings,
  signal: AbortSignal,
): Promise<z.infer<typeof modelList>['data']> {
  const { data } = await within(surroundings, signal, LIST_MS, server, (limit) =>
    requestJson(server, surroundings, 'v1/models', modelList, { signal: limit, quote: true }),
  );
  return data;
}

/**
 * @param wanted the model's name at the server; null takes the only one there is.
 * @param knownContext tokens, for a model of the catalogue: used where the server does not say.
 * @throws AppError `server/*`, `network/offline-only`, `aborted`.
 */
export async function probeServer(
  server: ServerEndpoint,
  surroundings: Surroundings,
  wanted: string | null,
  signal: AbortSignal,
  knownContext: number | null = null,
): Promise<ServerAbilities> {
  const listed = await listModels(server, surroundings, signal);
  const models = listed.map(({ id }) => id);
  const model = wanted ?? (models.length === 1 ? models[0] : undefined);
  if (model === undefined) {
    throw new AppError('server/model', 'no model was chosen', {
      host: hostOf(server.root),
      models: models.slice(0, 5).join(', '),
    });
  }
  const entry = listed.find(({ id }) => id === model);
  const side = async <S extends z.ZodType>(
    path: string,
    schema: S,
    body?: unknown,
  ): Promise<z.infer<S> | null> => {
    const within = AbortSignal.any([signal, surroundings.timeout(SIDE_MS)]);
    return tryBy(signal)(requestJson(server, surroundings, path, schema, { signal: within, body }));
  };
  const [version, props, info, cut, load] = await Promise.all([
    side('version', versionAnswer),
    side('props', propsAnswer),
    side('info', infoAnswer),
    side('tokenize', tokenizeAnswer, tokenizeBody(model, TRIAL_TEXT, false)),
    findLoad(server, surroundings, AbortSignal.any([signal, surroundings.timeout(SIDE_MS)])).catch(() => {
      signal.throwIfAborted();
      return null;
    }),
  ]);
  // vLLM answers `tokens` for its own form only; a server that cut nothing does not have it.
  const bare = cut && cut.tokens.length > 0 ? cut.tokens.length : null;

  const first = await tryCompletion(server, surroundings, model, signal);
  const counting: Counting = bare !== null ? 'tokenize' : first.promptTokens !== null ? 'usage' : 'bytes';
  const told =
    entry?.max_model_len ??
    props?.default_generation_settings.n_ctx ??
    entry?.meta?.n_ctx ??
    cut?.max_model_len ??
    info?.max_total_tokens;
  const limit = AbortSignal.any([signal, surroundings.timeout(COMPLETION_MS)]);
  const ask: AskJson = (path, schema, body) =>
    requestJson(server, surroundings, path, schema, { body, signal: limit });
  const tried = tryBy(signal);
  const found = {
    software: softwareOf(version?.version, props?.build_info, info?.version, entry?.owned_by ?? ''),
    fingerprint: first.fingerprint,
    model,
    quantization: props?.model_ftype ?? entry?.meta?.ftype ?? info?.model_dtype ?? '',
    models,
    contextLength: told ?? knownContext ?? ASSUMED_CONTEXT,
    contextKnown: told !== undefined,
    vocabSize: entry?.meta?.n_vocab ?? 0,
    counting,
    bosTokens:
      bare !== null && first.promptTokens !== null
        ? first.promptTokens - bare
        : counting === 'usage'
          ? await tried(countStartTokens(ask, model))
          : null,
    parameters: first.parameters,
    ignores:
      first.parameters === 'openai'
        ? ['topK', 'repetitionPenalty']
        : ((await tried(findIgnored(ask, model))) ?? []),
    load,
    controlTexts: [...new Set([...CONTROL_TEXTS, props?.bos_token ?? '', props?.eos_token ?? ''])].filter(
      (text) => text.length > 1,
    ),
  } satisfies Omit<ServerAbilities, 'scoring' | 'scoringProblem'>;
  return { ...found, ...(await findScoring(server, surroundings, found, signal)) };
}

/** Of something a server may not have: null then. */
function tryBy(signal: AbortSignal): <T>(work: Promise<T>) => Promise<T | null> {
  return async (work) => {
    try {
      return await work;
    } catch (thrown) {
      signal.throwIfAborted();
      if (!isAbort(thrown) && !(thrown instanceof AppError)) throw thrown;
      return null;
    }
  };
}

/** As they write themselves; anything else that only tells a number is not named. */
const NAMES: Readonly<Record<string, string>> = { vllm: 'vLLM', sglang: 'SGLang' };

function softwareOf(
  version: string | undefined,
  buildInfo: string | undefined,
  tgi: string | undefined,
  ownedBy: string,
): string {
  if (buildInfo !== undefined) return `llama.cpp ${buildInfo}`.trim();
  if (tgi !== undefined) return `Text Generation Inference ${tgi}`;
  const name = Object.hasOwn(NAMES, ownedBy) ? NAMES[ownedBy] : undefined;
  return version === undefined ? (name ?? '') : `${name ?? 'version'} ${version}`;
}

interface FirstCompletion {
  readonly parameters: ServerAbilities['parameters'];
  /** With BOS; null: not told. */
  readonly promptTokens: number | null;
  readonly fingerprint: string;
}

/** The smallest completion there is, with every setting; then with OpenAI's own alone. @throws AppError `server/*`. */
async function tryCompletion(
  server: ServerEndpoint,
  surroundings: Surroundings,
  model: string,
  signal: AbortSignal,
): Promise<FirstCompletion> {
  const plain = { model, prompt: TRIAL_TEXT, max_tokens: 1, temperature: 0, seed: 1 };
  const full = { ...plain, ...fullSampling({ topK: 40, repetitionPenalty: 1.1 }), add_special_tokens: true };
  const complete = async (
    body: object,
    parameters: ServerAbilities['parameters'],
  ): Promise<FirstCompletion> => {
    const answer = await within(surroundings, signal, COMPLETION_MS, server, (limit) =>
      requestJson(server, surroundings, 'v1/completions', completion, { body, signal: limit, quote: true }),
    );
    return {
      parameters,
      promptTokens: answer.usage?.prompt_tokens ?? null,
      fingerprint: answer.system_fingerprint ?? '',
    };
  };
  try {
    return await complete(full, 'full');
  } catch (thrown) {
    if (!(thrown instanceof AppError) || thrown.code !== 'server/refused-request') throw thrown;
    return complete(plain, 'openai');
  }
}

type Found = Omit<ServerAbilities, 'scoring' | 'scoringProblem'>;

/**
 * Each way is held against what the server itself says of the same tokens when it writes them: the log-probabilities of a
 * short greedy continuation, summed. A way whose sum differs is no way.
 */
async function findScoring(
  server: ServerEndpoint,
  surroundings: Surroundings,
  found: Found,
  signal: AbortSignal,
): Promise<Pick<ServerAbilities, 'scoring' | 'scoringProblem'>> {
  const limit = AbortSignal.any([signal, surroundings.timeout(COMPLETION_MS)]);
  const tried = tryBy(signal);
  const known: KnownSum[] = [];
  for (const trial of TRIALS) {
    const sum = await tried(knownSum(server, surroundings, found.model, trial, limit));
    if (sum) known.push(sum);
  }
  if (known.length === 0)
    return { scoring: null, scoringProblem: 'It gives no log-probabilities of what it writes.' };
  const ways: readonly Scoring[] =
    found.counting === 'tokenize' ? ['prompt-logprobs', 'forced-token', 'echo'] : ['echo'];
  const context = {
    host: hostOf(server.root),
    model: found.model,
    ask: ((path, schema, body) =>
      requestJson(server, surroundings, path, schema, { body, signal: limit })) satisfies AskJson,
  };
  let differs = false;
  for (const scoring of ways) {
    for (const { prompt, text, tokens, sum } of known) {
      const scored = await tried(score(context, { scoring, scoringProblem: '' }, prompt, [text]));
      if (!scored) break;
      const [option] = scored;
      // Cut otherwise when read than when written: says nothing either way.
      if (option?.tokens !== tokens) continue;
      if (Math.abs(option.logProbability - sum) <= SAME) return { scoring, scoringProblem: '' };
      differs = true;
      break;
    }
  }
  return {
    scoring: null,
    scoringProblem: differs
      ? 'What it says of a given text differs from what it says of the same text when it writes it.'
      : 'It has no way to score a given text.',
  };
}

interface KnownSum {
  readonly prompt: string;
  readonly text: string;
  readonly tokens: number;
  readonly sum: number;
}

/** A greedy continuation with its log-probabilities, as the server tells them while it writes. */
async function knownSum(
  server: ServerEndpoint,
  surroundings: Surroundings,
  model: string,
  { text: prompt, tokens }: (typeof TRIALS)[number],
  signal: AbortSignal,
): Promise<KnownSum | null> {
  const { choices } = await requestJson(server, surroundings, 'v1/completions', completion, {
    body: { model, prompt, max_tokens: tokens, temperature: 0, logprobs: 1 },
    signal,
  });
  const [choice] = choices;
  // The end of the text has a probability and no text.
  if (!choice?.logprobs || choice.text === '' || choice.finish_reason === 'stop') return null;
  const logprobs =
    'content' in choice.logprobs
      ? choice.logprobs.content.map(({ logprob }) => logprob)
      : choice.logprobs.token_logprobs.filter((each) => each !== null);
  return {
    prompt,
    text: choice.text,
    tokens: logprobs.length,
    sum: logprobs.reduce((sum, each) => sum + each, 0),
  };
}

/** @throws AppError `server/timeout` when it takes longer. */
async function within<T>(
  surroundings: Surroundings,
  signal: AbortSignal,
  ms: number,
  server: ServerEndpoint,
  work: (limit: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = surroundings.timeout(ms);
  try {
    return await work(AbortSignal.any([signal, limit]));
  } catch (thrown) {
    if (limit.aborted && !signal.aborted)
      throw new AppError('server/timeout', `no answer within ${String(ms)} ms`, {
        host: hostOf(server.root),
      });
    throw thrown;
  }
}
