import type { BytePairVocabulary, PreTokenizer } from '../vocabulary.ts';

/** As gguf-vocabulary.ts has it. */
export const LLAMA_3: PreTokenizer = {
  kind: 'split',
  pattern:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
};
export const GPT_2: PreTokenizer = { kind: 'gpt-2', digitsApart: false };
export const SMOL: PreTokenizer = { kind: 'gpt-2', digitsApart: true };

/** All bytes, some merges in the order of their learning, and what they make; then marks. */
export function bytePairVocabulary(preTokenizer: PreTokenizer, ignoreMerges: boolean): BytePairVocabulary {
  const letters: string[] = [];
  let beyond = 0x100;
  for (let byte = 0; byte < 256; byte++) {
    const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
    letters.push(String.fromCodePoint(printable ? byte : beyond++));
  }
  const merges = [
    ...[
      'Ġ a',
      't h',
      'th e',
      'Ġ the',
      'i n',
      'e r',
      '1 2',
      '12 3',
      'Ġ 1',
      'Ċ Ċ',
      'Ġ Ġ',
      'ĠĠ ĠĠ',
      "' s",
      'a a',
    ],
    ...[
      'aa a',
      'Ã ©',
      'Ġ m',
      'Ġm g',
      'in g',
      'o n',
      '. .',
      '.. .',
      'r e',
      'l l',
      'Ġ d',
      'o s',
      'Ġd os',
      'Ġdos e',
    ],
  ];
  const made = merges.map((merge) => merge.replace(' ', ''));
  // One that no merge makes: only taken whole where merges are ignored.
  const tokens = [...letters, ...made, 'Ġwhole', '<|begin_of_text|>', '<|eot_id|>', '[ref]'];
  const types = tokens.map((text) => (text.startsWith('<|') ? 3 : text === '[ref]' ? 4 : 1));
  const bos = tokens.indexOf('<|begin_of_text|>');
  return {
    kind: 'byte-pairs',
    tokens,
    types,
    merges,
    preTokenizer,
    ignoreMerges,
    bos,
    eos: bos + 1,
    stops: [],
    addBos: false,
  };
}
