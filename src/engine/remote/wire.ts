/**
 * The answers of an OpenAI-compatible server as far as they are used, with the members that vLLM and llama.cpp's
 * `llama-server` add. Everything that is not understood is left out; what must be there and is not makes the answer a
 * damaged one.
 */
import { z } from '../../lib/zod.ts';

/** A list a person chooses from; public gateways list a few hundred. */
const MAX_MODELS = 2000;
const name = z.string().min(1).max(500);
const tokenId = z.number().int().nonnegative();

export const modelList = z.object({
  data: z
    .array(
      z.object({
        id: name,
        /** Who serves it, by its own word: `vllm`, `sglang`, `llamacpp`. */
        owned_by: z.string().max(100).nullish().catch(null),
        /** vLLM: tokens of the window. */
        max_model_len: z.number().int().positive().nullish().catch(null),
        /** llama-server. */
        meta: z
          .object({
            n_ctx: z.number().int().positive().nullish(),
            n_vocab: z.number().int().positive().nullish(),
            ftype: z.string().max(100).nullish(),
          })
          .nullish()
          .catch(null),
      }),
    )
    .max(MAX_MODELS),
});

/** vLLM's `/version`; Ollama's answers alike. */
export const versionAnswer = z.object({ version: z.string().min(1).max(100) });

/** llama-server's `/props`. */
export const propsAnswer = z.object({
  default_generation_settings: z.object({ n_ctx: z.number().int().positive() }),
  build_info: z.string().max(200).default(''),
  bos_token: z.string().max(100).default(''),
  eos_token: z.string().max(100).default(''),
  model_ftype: z.string().max(100).nullish(),
  endpoint_slots: z.boolean().default(false),
});

/** Text Generation Inference's `/info`. */
export const infoAnswer = z.object({
  max_total_tokens: z.number().int().positive(),
  version: z.string().min(1).max(100),
  model_dtype: z.string().max(100).nullish().catch(null),
});

/** `/tokenize`: vLLM and SGLang count beside, llama-server does not; Text Generation Inference gives a list of pieces. */
export const tokenizeAnswer = z.union([
  z.object({
    tokens: z.array(tokenId),
    max_model_len: z.number().int().positive().nullish().catch(null),
  }),
  z
    .array(z.object({ id: tokenId }))
    .transform((pieces) => ({ tokens: pieces.map(({ id }) => id), max_model_len: null })),
]);

const count = z.number().int().nonnegative();

const usage = z.object({
  prompt_tokens: count,
  completion_tokens: count.nullish(),
  prompt_tokens_details: z.object({ cached_tokens: count.nullish() }).nullish().catch(null),
});

/** llama-server, with `timings_per_token`. Milliseconds. */
const timings = z.object({
  predicted_n: count,
  prompt_ms: z.number().nonnegative(),
  predicted_ms: z.number().nonnegative(),
});

/** OpenAI's own form: parallel lists. */
const listedLogprobs = z.object({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
});
/** llama-server's form of the same. */
const contentLogprobs = z.object({
  content: z.array(z.object({ id: tokenId, token: z.string(), logprob: z.number() })),
});

export const completion = z.object({
  choices: z
    .array(
      z.object({
        text: z.string(),
        finish_reason: z.string().nullish(),
        logprobs: z.union([listedLogprobs, contentLogprobs]).nullish().catch(null),
        /** vLLM: one entry a prompt token, null for the first; in each the prompt's own token comes first. */
        prompt_logprobs: z
          .array(z.record(z.string(), z.object({ logprob: z.number() })).nullable())
          .nullish()
          .catch(null),
        /** vLLM, with `return_token_ids`. */
        token_ids: z.array(tokenId).nullish().catch(null),
      }),
    )
    .max(8),
  usage: usage.nullish().catch(null),
  timings: timings.nullish().catch(null),
  system_fingerprint: z.string().max(200).nullish().catch(null),
  model: z.string().nullish().catch(null),
});

/** llama-server's own `/completion`, with `n_probs`: probabilities of the raw softmax unless it is asked for others. */
export const rawCompletion = z.object({
  content: z.string(),
  tokens: z.array(tokenId).default([]),
  completion_probabilities: z
    .array(
      z.object({
        id: tokenId,
        logprob: z.number(),
        top_logprobs: z.array(z.object({ id: tokenId, logprob: z.number() })).default([]),
      }),
    )
    .min(1),
});

/** An error in a body or in an event: OpenAI's and llama-server's form, vLLM's older one, FastAPI's. */
export const errorBody = z.union([
  z.object({
    error: z.object({
      message: z.string(),
      type: z.string().nullish(),
      code: z.union([z.string(), z.number()]).nullish(),
      n_prompt_tokens: count.nullish(),
      n_ctx: count.nullish(),
    }),
  }),
  z.object({
    message: z.string(),
    type: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
  }),
  z.object({ detail: z.string() }),
  z.object({ error: z.string() }),
]);

export type CompletionAnswer = z.infer<typeof completion>;
