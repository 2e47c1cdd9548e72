/** `Sampling` as files and rows hold it. Apart from `sampling.ts`, so that zod stays out of the page's first bundle. */
import { MAX_ALTERNATIVES, SAMPLING_BOUNDS, type SamplingNumbers } from './sampling.ts';
import { z } from './zod.ts';

function within(key: Exclude<keyof SamplingNumbers, 'seed'>) {
  const { min, max, whole } = SAMPLING_BOUNDS[key];
  const number = z.number().min(min).max(max);
  return whole ? number.int() : number;
}

export const samplingSchema = z.strictObject({
  temperature: within('temperature'),
  topP: within('topP'),
  topK: within('topK'),
  repetitionPenalty: within('repetitionPenalty'),
  // Engines have drawn seeds of any size: a record of one is not refused for it.
  seed: z.number().int().nullable(),
  maxTokens: within('maxTokens'),
  topAlternatives: z.number().int().min(0).max(MAX_ALTERNATIVES).optional(),
});

/** The same in a record, which may hold what another version of the app added. */
export const samplingRecord = z.object(samplingSchema.shape);
