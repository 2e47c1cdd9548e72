/** Ends a document in Meditron's training data; a reply that reaches it is over. */
const END_OF_DOCUMENT = '<EOD>';

/**
 * Tokens that end a turn or a text in the models that have them, where they are marks and not text. The list by which
 * llama.cpp stops (`special_eog_ids` in its src/llama-vocab.cpp), as far as models of the Llama architecture go.
 */
const ENDS: ReadonlySet<string> = new Set([
  '<|im_end|>',
  '<|eot_id|>',
  '<|eom_id|>',
  '<|end|>',
  '<|end_of_text|>',
  '<|endoftext|>',
  '<end_of_turn>',
  '<EOT>',
  END_OF_DOCUMENT,
]);

/**
 * Every token at which a reply ends, each once, in ascending order.
 * @param named what the model's files name: end of text, of turn, of message
 * @param marks the vocabulary's control and added tokens
 * @param vocabSize ids from here on are never produced
 */
export function stopTokens(
  named: readonly (number | null)[],
  marks: Iterable<{ readonly id: number; readonly content: string }>,
  vocabSize: number,
): readonly number[] {
  const stops = new Set<number>();
  for (const id of named) if (id !== null) stops.add(id);
  for (const { id, content } of marks) if (ENDS.has(content)) stops.add(id);
  return [...stops].filter((id) => id < vocabSize).sort((a, b) => a - b);
}

const CONTROL = 3;
const USER_DEFINED = 4;

/** The control tokens of a vocabulary, and those a fine-tune added, which GGUF's converters store as user-defined. */
export function* marksOf(
  tokens: readonly string[],
  types: ArrayLike<number>,
): Generator<{ readonly id: number; readonly content: string }> {
  for (const [id, content] of tokens.entries()) {
    if (types[id] === CONTROL || types[id] === USER_DEFINED) yield { id, content };
  }
}
