import { expect, test } from 'vitest';
import { parseChatConfig } from '../../formats/mlc-package/chat-config.ts';
import { builtInCatalogue } from '../catalogue/catalogue.ts';
import { otherModel, sizesOfGguf, sizesOfPackage } from './other-model.ts';

const entry = builtInCatalogue().models.find(({ id }) => id === 'meditron-7b');
if (entry?.kind !== 'fetched') throw new Error('the entry is gone');
const LLAMA_2_7B = {
  layers: 32,
  hidden: 4096,
  feedForward: 11008,
  heads: 32,
  kvHeads: 32,
  ropeTheta: 10_000,
  ropeFactor: 1,
};

test.each([
  [{}, null],
  [{ layers: 4, hidden: 256 }, '4 layers of 256 instead of 32 layers of 4,096'],
  [{ feedForward: 14336 }, 'feed-forward layers of 14,336 instead of 11,008'],
  [{ kvHeads: 8 }, '32 and 8 heads instead of 32 and 32'],
  // CodeLlama has Llama 2's shape, and other positions.
  [{ ropeTheta: 1e6 }, 'rope theta 1,000,000 instead of 10,000'],
  // Llama 3.1 has Llama 3's shape, and stretches its positions.
  [{ ropeFactor: 8 }, 'positions stretched by 8 instead of 1'],
  [{ ropeFactor: null }, null],
])('%j is told', (difference, told) => {
  expect(otherModel(entry, { ...LLAMA_2_7B, ...difference })).toBe(told);
});

test('says nothing where nothing is known', () => {
  expect(otherModel(entry, null)).toBeNull();
  expect(sizesOfPackage({ sizes: null })).toBeNull();
  expect(sizesOfGguf({ metadata: new Map() })).toBeNull();
  const negative = ['block_count', 'embedding_length', 'feed_forward_length', 'attention.head_count'];
  expect(sizesOfGguf({ metadata: new Map(negative.map((key) => [`llama.${key}`, -1])) })).toBeNull();
});

test('the sizes stand in a package’s chat config and in a GGUF’s header', () => {
  const chatConfig = {
    vocab_size: 32_000,
    model_config: {
      num_hidden_layers: 32,
      hidden_size: 4096,
      intermediate_size: 11008,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      position_embedding_base: 10_000,
    },
  };
  expect(sizesOfPackage(parseChatConfig(JSON.stringify(chatConfig), 'x'))).toEqual(LLAMA_2_7B);
  const metadata = new Map([
    ['llama.block_count', 32],
    ['llama.embedding_length', 4096],
    ['llama.feed_forward_length', 11008],
    ['llama.attention.head_count', 32],
  ]);
  expect(sizesOfGguf({ metadata })).toEqual({ ...LLAMA_2_7B, ropeFactor: null });
});
