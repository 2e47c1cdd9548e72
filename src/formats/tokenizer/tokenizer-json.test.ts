/** What is built from a GGUF vocabulary, run by Hugging Face's own `tokenizers` (the one web-llm bundles). */
import { describe, expect, it } from 'vitest';
import { bundledTokenizer } from '../../engine/mlc/worker/bundled-tokenizer.ts';
import { openGguf } from '../../transcode/source/gguf-model.ts';
import { convertInMemory, fileOf } from '../../transcode/testing/convert-in-memory.ts';
import { parseSentencePiece } from './sentencepiece.ts';
import { requireFewMerges } from './tokenizer-json.ts';
import { writeGguf, type MetadataValue } from '../../transcode/testing/gguf-writer.ts';
import { memorySource } from '../../transcode/testing/memory.ts';
import { jsonSource, tinyFolder } from '../../transcode/testing/tiny-folder.ts';
import { TINY, tinyLlama } from '../../transcode/testing/tiny-llama.ts';

interface Files {
  readonly tokenizer: {
    readonly added_tokens: readonly { readonly content: string; readonly special: boolean }[];
    readonly model: {
      readonly vocab: Readonly<Record<string, number>>;
      readonly merges: readonly string[];
    };
  };
  readonly json: string;
  readonly chat: {
    readonly conv_template: {
      readonly stop_token_ids: readonly number[];
      readonly system_prefix_token_ids: readonly number[];
    };
    readonly tokenizer_info: object;
  };
}

async function convertWith(vocabulary: Readonly<Record<string, MetadataValue>>): Promise<Files> {
  const { metadata, tensors } = tinyLlama();
  const source = memorySource('tiny.gguf', writeGguf({ metadata: { ...metadata, ...vocabulary }, tensors }));
  return filesOf((await convertInMemory([source])).files);
}

function filesOf(files: Parameters<typeof fileOf>[0]): Files {
  const text = (name: string): string => new TextDecoder().decode(fileOf(files, name));
  const json = text('tokenizer.json');
  return {
    json,
    tokenizer: JSON.parse(json) as Files['tokenizer'],
    chat: JSON.parse(text('mlc-chat-config.json')) as Files['chat'],
  };
}

/** Fills up to the tiny model's vocabulary. */
function strings(tokens: readonly string[]): MetadataValue {
  const filled = [...tokens];
  while (filled.length < TINY.vocab) filled.push(`filler${filled.length}`);
  return { type: 'strings', value: filled };
}

function types(known: Readonly<Record<number, number>>): MetadataValue {
  return { type: 'i32s', value: Array.from({ length: TINY.vocab }, (_, id) => known[id] ?? 1) };
}

/** Ġ is GPT-2's stand-in for a space. */
const BYTE_PAIRS = {
  'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
  'tokenizer.ggml.tokens': strings([
    '<|end|>', // 0
    ...['a', 'b', 'c', 'Ġ', '1', '2', '3', '4'], // 1…8
    ...['ab', 'abc', 'Ġab', 'Ġabc', '12', '123', 'cab', '!', 'Ã', '©'], // 9…18
  ]),
  'tokenizer.ggml.token_type': types({ 0: 3 }),
  'tokenizer.ggml.merges': {
    type: 'strings',
    value: ['a b', 'Ġ ab', 'ab c', 'Ġab c', '1 2', '12 3'],
  },
  'tokenizer.ggml.bos_token_id': { type: 'u32', value: 0 },
  'tokenizer.ggml.eos_token_id': { type: 'u32', value: 0 },
} as const satisfies Record<string, MetadataValue>;

function cutAs(pre: string): Record<string, MetadataValue> {
  return { ...BYTE_PAIRS, 'tokenizer.ggml.pre': { type: 'string', value: pre } };
}

async function encode(files: Files, text: string): Promise<number[]> {
  return [...(await bundledTokenizer(files.json)).encode(text)];
}

describe('a byte-level vocabulary', () => {
  it.each([
    // Llama-3 takes up to three digits at once, and a piece that is a token whole although no merge makes it.
    ['llama-bpe', 'abc abc', [10, 12]],
    ['llama-bpe', '1234', [14, 8]],
    ['llama-bpe', 'cab', [15]],
    ['gpt-2', 'abc abc', [10, 12]],
    ['gpt-2', 'cab', [3, 9]],
    ['gpt-2', '1234', [14, 8]],
    // SmolLM takes digits one by one.
    ['smollm', '1234', [5, 6, 7, 8]],
    // Bytes without a merge: é is two of them.
    ['gpt-2', 'é', [17, 18]],
  ])('cut as %s reads %s', async (pre, text, ids) => {
    expect(await encode(await convertWith(cutAs(pre)), text)).toEqual(ids);
  });

  it('says so to the engine, and begins with BOS only where the model does', async () => {
    const llama3 = await convertWith(cutAs('llama-bpe'));
    expect(llama3.chat.tokenizer_info).toMatchObject({ token_postproc_method: 'byte_level' });
    expect(llama3.chat.conv_template.system_prefix_token_ids).toEqual([0]);
    const gpt2 = await convertWith(cutAs('gpt-2'));
    expect(gpt2.chat.conv_template.system_prefix_token_ids).toEqual([]);
    expect(gpt2.chat.conv_template.stop_token_ids).toEqual([0]);
  });

  it('cut in an unknown way is refused: other tokens than in training would show nowhere', async () => {
    const { metadata, tensors } = tinyLlama();
    const bytes = writeGguf({ metadata: { ...metadata, ...cutAs('tekken') }, tensors });
    await expect(openGguf(memorySource('tiny.gguf', bytes))).rejects.toMatchObject({
      code: 'transcode/bad-tokenizer',
      details: { pre: 'tekken' },
    });
  });
});

/** The least a tokenizer.json says of its model. */
const bpe = { type: 'BPE', byte_fallback: true, vocab: { '<unk>': 0 }, merges: [] };

describe('Meditron’s added tokens', () => {
  /** GGUF's converters store them all as user-defined. */
  const added = {
    'tokenizer.ggml.tokens': strings(['<unk>', '<s>', '</s>', '<0x0A>', '▁', 'a', '<EOD>', '[bib_ref]']),
    'tokenizer.ggml.token_type': types({ 0: 2, 1: 3, 2: 3, 3: 6, 6: 4, 7: 4 }),
  } as const;

  it('marks are special, references are text, and <EOD> ends a reply', async () => {
    const { tokenizer, chat } = await convertWith(added);
    const special = Object.fromEntries(tokenizer.added_tokens.map((token) => [token.content, token.special]));
    expect(special).toEqual({ '<unk>': true, '<s>': true, '</s>': true, '<EOD>': true, '[bib_ref]': false });
    expect(chat.conv_template.stop_token_ids).toEqual([2, 6]);
    expect(chat.conv_template.system_prefix_token_ids).toEqual([1]);
  });

  it('are found also in a tokenizer.json that came with the weights', async () => {
    const { files } = tinyFolder();
    const tokenizer = { model: bpe, added_tokens: [{ id: 60, content: '<EOD>' }] };
    const folder = files.map((file) =>
      file.name === 'tokenizer.json' ? jsonSource('tokenizer.json', tokenizer) : file,
    );
    const { chat } = filesOf((await convertInMemory(folder)).files);
    expect(chat.conv_template.stop_token_ids).toEqual([2, 60]);
  });
});

describe('a SentencePiece vocabulary', () => {
  it('keeps U+FEFF, which is a token of Llama’s and no mark of an encoding', async () => {
    const files = await convertWith({
      'tokenizer.ggml.tokens': strings(['<unk>', '<s>', '</s>', '<0x0A>', '▁', '\uFEFF', 'h']),
      'tokenizer.ggml.token_type': types({ 0: 2, 1: 3, 2: 3, 3: 6 }),
    });
    expect(files.tokenizer.model.vocab['\uFEFF']).toBe(5);
    expect(await encode(files, '\uFEFFh')).toEqual([4, 5, 6]);
    // The same piece of a tokenizer.model: field 1, its text and its score.
    const piece = [0x0a, 10, 0x0a, 3, 0xef, 0xbb, 0xbf, 0x15, 0, 0, 0, 0];
    const others = ['<unk>', '<s>', '</s>'].flatMap((text) => [
      ...[0x0a, text.length + 2, 0x0a, text.length],
      ...new TextEncoder().encode(text),
    ]);
    const byte = [0x0a, 10, 0x0a, 6, ...new TextEncoder().encode('<0x0A>'), 0x18, 6];
    const trainer = [0x12, 2, 0x18, 2];
    const { tokens } = parseSentencePiece(
      Uint8Array.from([...others, ...piece, ...byte, ...trainer]),
      {},
      5,
      {
        bos: 1,
        eos: 2,
        stops: [],
      },
    );
    expect(tokens[3]).toBe('\uFEFF');
  });

  it('is refused unless the file says that it is one of byte pairs: the format’s default is unigram', () => {
    const piece = (text: string, type: number): number[] => [
      ...[0x0a, text.length + 4, 0x0a, text.length],
      ...new TextEncoder().encode(text),
      ...[0x18, type],
    ];
    const pieces = [piece('<unk>', 2), piece('<s>', 3), piece('</s>', 3), piece('<0x0A>', 6)].flat();
    const read = (trainer: readonly number[]): unknown =>
      parseSentencePiece(Uint8Array.from([...pieces, ...trainer]), {}, 4, { bos: 1, eos: 2, stops: [] });
    const refused = expect.objectContaining({ code: 'transcode/bad-tokenizer' }) as Error;
    expect(() => read([])).toThrow(refused);
    expect(() => read([0x12, 2, 0x18, 1])).toThrow(refused);
    expect(() => read([0x12, 2, 0x28, 1])).toThrow(refused);
    expect(read([0x12, 2, 0x18, 2])).toMatchObject({ tokens: ['<unk>', '<s>', '</s>', '<0x0A>'] });
  });

  it('is refused where its pieces can be split in more ways than any real one’s', () => {
    const tokens = ['<unk>', '<s>', '</s>', '<0x0A>', 'a', 'aa', 'aaa'];
    const vocabulary = { tokens, types: [2, 3, 3, 6, 1, 1, 1], scores: tokens.map(() => 0) };
    // a+a, a+aa, aa+a
    expect(() => {
      requireFewMerges(vocabulary, 3);
    }).not.toThrow();
    expect(() => {
      requireFewMerges(vocabulary, 2);
    }).toThrow(
      expect.objectContaining({ code: 'transcode/over-limit', details: { limit: 2, tokens: 7 } }) as Error,
    );
  });

  it('is refused where looking for its splits alone would take minutes, though none is one', () => {
    const read = (letters: number) => {
      const tokens = ['<unk>', 'abcdefghijklmnopqrstuvwxyz'.slice(0, letters)];
      requireFewMerges({ tokens, types: [2, 1], scores: [0, 0] }, 2);
    };
    expect(() => {
      read(21);
    }).not.toThrow();
    expect(() => {
      read(22);
    }).toThrow(expect.objectContaining({ code: 'transcode/over-limit' }) as Error);
  });

  it('orders merges that score alike by the ids of their halves, as Llama 2’s own file does', async () => {
    const runs = Array.from({ length: 4 }, (_, n) => '▁'.repeat(4 - n)); // the longest first
    const { tokenizer } = await convertWith({
      'tokenizer.ggml.tokens': strings(['<unk>', '<s>', '</s>', '<0x0A>', ...runs]),
      'tokenizer.ggml.token_type': types({ 0: 2, 1: 3, 2: 3, 3: 6 }),
      'tokenizer.ggml.scores': { type: 'f32s', value: Array<number>(TINY.vocab).fill(-1e9) },
    });
    expect(tokenizer.model.merges.filter((merge) => merge.startsWith('▁'))).toEqual([
      '▁▁▁ ▁',
      '▁▁ ▁▁',
      '▁▁ ▁',
      '▁ ▁▁▁',
      '▁ ▁▁',
      '▁ ▁',
    ]);
  });
});

describe('a tokenizer.json that came with the weights', () => {
  const convertFolder = async (
    tokenizer: object,
    settings: object = {},
    config: Record<string, unknown> = {},
  ) => {
    const { files } = tinyFolder({ config });
    const folder = files.filter(({ name }) => !name.includes('tokenizer'));
    folder.push(
      jsonSource('tokenizer.json', { model: bpe, ...tokenizer }),
      jsonSource('tokenizer_config.json', settings),
    );
    return filesOf((await convertInMemory(folder)).files).chat;
  };
  const llama2 = {
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'Prepend', prepend: '▁' },
        { type: 'Replace', pattern: { String: ' ' }, content: '▁' },
      ],
    },
    decoder: {
      type: 'Sequence',
      decoders: [{ type: 'ByteFallback' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }],
    },
  };
  const byteLevel = { decoder: { type: 'ByteLevel' }, post_processor: { type: 'ByteLevel' } };

  it.each([
    ['Llama 2’s', llama2, {}, ['byte_fallback', true, true], [1]],
    ['Llama 2’s, told to leave BOS out', llama2, { add_bos_token: false }, ['byte_fallback', true, true], []],
    ['GPT-2’s', byteLevel, {}, ['byte_level', false, false], []],
    [
      'Llama 3’s',
      { ...byteLevel, post_processor: { type: 'Sequence', processors: [{ type: 'TemplateProcessing' }] } },
      {},
      ['byte_level', false, false],
      [1],
    ],
  ])('%s is told to the engine as it is', async (_, tokenizer, settings, [method, prepends, strips], bos) => {
    const chat = await convertFolder(tokenizer, settings);
    expect(chat.tokenizer_info).toEqual({
      token_postproc_method: method,
      prepend_space_in_encode: prepends,
      strip_space_in_decode: strips,
    });
    expect(chat.conv_template.system_prefix_token_ids).toEqual(bos);
  });

  it.each([{ bos_token_id: 4000 }, { eos_token_id: 4000 }, { eos_token_id: [TINY.vocab, 2] }])(
    'is refused where config.json names a token without a row: %j',
    async (config) => {
      await expect(convertFolder(llama2, {}, config)).rejects.toMatchObject({
        code: 'transcode/bad-tokenizer',
      });
    },
  );
});
