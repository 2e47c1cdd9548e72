/** Whether a server does what it was asked, or only takes the words: many ignore members they do not know without saying so. */
import type { IgnoredSetting } from './abilities.ts';
import type { AskJson } from '../http.ts';
import { fullSampling } from '../completion-request.ts';
import { completion } from '../wire.ts';

/** At this temperature every token is about as likely as any other, so that only top_k 1 writes what greed writes. */
const HOT = 100;
/** Enough to push the likeliest token below others, whatever its lead. */
const HEAVY_PENALTY = 10;
const TOKENS = 4;
const SENTENCE = 'The heart has four chambers: the left';
/** Whatever has learnt to copy goes on with it. */
const CHANT = 'na na na na na na na na na na na na';

/**
 * @param ask throws where the server refuses a question.
 * @returns the settings that were seen to change nothing; what could not be seen is taken for honoured.
 */
export async function findIgnored(ask: AskJson, model: string): Promise<readonly IgnoredSetting[]> {
  const written = async (
    prompt: string,
    temperature: number,
    topK: number,
    repetitionPenalty: number,
  ): Promise<string | null> => {
    const { choices } = await ask('v1/completions', completion, {
      model,
      prompt,
      max_tokens: TOKENS,
      temperature,
      top_p: 1,
      seed: 1,
      ...fullSampling({ topK, repetitionPenalty }),
    });
    return choices[0]?.text ?? null;
  };
  const ignored: IgnoredSetting[] = [];
  const [cool, hot] = [await written(SENTENCE, 0, 0, 1), await written(SENTENCE, HOT, 1, 1)];
  if (cool !== null && cool !== '' && hot !== cool) ignored.push('topK');
  const chanted = await written(CHANT, 0, 0, 1);
  if (chanted?.startsWith(' na') === true && (await written(CHANT, 0, 0, HEAVY_PENALTY)) === chanted)
    ignored.push('repetitionPenalty');
  return ignored;
}

/**
 * Start tokens before a prompt, from the lengths a server tells: a word said twice is twice the word, and the start once.
 * @returns null when it does not tell, or the tokenizer cuts the two otherwise.
 */
export async function countStartTokens(ask: AskJson, model: string): Promise<number | null> {
  const lengthOf = async (prompt: string): Promise<number | null> => {
    const { usage } = await ask('v1/completions', completion, {
      model,
      prompt,
      max_tokens: 1,
      temperature: 0,
    });
    return usage?.prompt_tokens ?? null;
  };
  const [once, twice] = [await lengthOf('one'), await lengthOf('one one')];
  if (once === null || twice === null) return null;
  const start = 2 * once - twice;
  return start >= 0 && start <= 2 ? start : null;
}
