import { expect, test } from 'vitest';
import { optionScores } from './result.ts';

const option = (continuation: string, tokens: number) => ({ continuation, tokens, logProbability: -6 });

test('a text’s log-probability is divided by its tokens, or by its characters as Python counts them, without the space before', () => {
  const options = [option(' abc', 2), option(' 𝛽₂-blocker', 4), option('🩺🩺', 6), option(' ', 1)];
  const by = (normalise: 'none' | 'characters' | 'tokens') =>
    optionScores({ kind: 'option-texts', normalise }, options);
  expect(by('none')).toEqual([-6, -6, -6, -6]);
  expect(by('tokens')).toEqual([-3, -1.5, -1, -6]);
  expect(by('characters')).toEqual([-2, -0.6, -3, -6]);
  expect(optionScores({ kind: 'option-letters' }, options)).toEqual([-6, -6, -6, -6]);
});
