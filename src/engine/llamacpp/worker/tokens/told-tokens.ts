/** The tokens of a chunk with their probabilities, as llama.cpp's server tells them with `n_probs`. */
import { z } from '../../../../lib/zod.ts';
import type { ChosenToken, TokenChoice } from '../../../port.ts';
import { tokenText } from '../../../token-text.ts';

/** A log-probability of minus infinity crosses JSON as null. */
const choice = z.object({
  id: z.number().int(),
  bytes: z.array(z.number().int().min(0).max(255)).default([]),
  logprob: z.number().nullable(),
});

const told = z.object({
  choices: z
    .array(
      z.object({
        logprobs: z
          .object({ content: z.array(choice.extend({ top_logprobs: z.array(choice).default([]) })) })
          .nullish(),
      }),
    )
    .min(1),
});

/** @param count the most alternatives wanted. @returns nothing for a chunk without tokens. */
export function toldTokens(chunk: unknown, count: number): readonly ChosenToken[] {
  const parsed = told.safeParse(chunk);
  const content = parsed.success ? (parsed.data.choices[0]?.logprobs?.content ?? []) : [];
  return content.map((each) => ({
    ...choiceOf(each),
    alternatives: each.top_logprobs.slice(0, count).map(choiceOf),
  }));
}

function choiceOf({ id, bytes, logprob }: z.infer<typeof choice>): TokenChoice {
  return {
    id,
    ...tokenText(Uint8Array.from(bytes)),
    logProbability: logprob ?? Number.NEGATIVE_INFINITY,
  };
}
