/**
 * Runs a `tokenizer.json` (BPE with byte fallback) as its format says, step by step and slowly. Shares no code with what
 * writes the file.
 */
import { z } from 'zod';

const step = z.discriminatedUnion('type', [
  z.object({ type: z.literal('Prepend'), prepend: z.string() }),
  z.object({ type: z.literal('Replace'), pattern: z.object({ String: z.string() }), content: z.string() }),
]);
const schema = z.object({
  added_tokens: z.array(z.object({ id: z.number(), content: z.string(), normalized: z.boolean() })),
  normalizer: z.object({ type: z.literal('Sequence'), normalizers: z.array(step) }),
  pre_tokenizer: z.null(),
  decoder: z.object({ decoders: z.array(z.object({ type: z.string() }).loose()) }),
  model: z.object({
    type: z.literal('BPE'),
    unk_token: z.string(),
    byte_fallback: z.literal(true),
    vocab: z.record(z.string(), z.number()),
    merges: z.array(z.string()),
  }),
});

export interface ReferenceTokenizer {
  /** Without BOS. */
  encode(text: string): number[];
  decode(ids: readonly number[]): string;
}

export function readTokenizer(json: string): ReferenceTokenizer {
  const { added_tokens, normalizer, decoder, model } = schema.parse(JSON.parse(json));
  const vocab = new Map(Object.entries(model.vocab));
  const texts = new Map([...vocab].map(([text, id]) => [id, text]));
  const ranks = new Map(model.merges.map((merge, rank) => [merge, rank]));
  const added = new Map(added_tokens.map(({ content, id }) => [content, id]));
  const longestFirst = [...added.keys()].sort((a, b) => b.length - a.length);

  const encodePlain = (text: string): number[] => {
    let normalized = text;
    for (const part of normalizer.normalizers) {
      if (part.type === 'Prepend') normalized = part.prepend + normalized;
      else normalized = normalized.split(part.pattern.String).join(part.content);
    }
    let symbols: string[] = [];
    for (const character of normalized) {
      if (vocab.has(character)) symbols.push(character);
      else {
        for (const byte of new TextEncoder().encode(character)) {
          symbols.push(`<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`);
        }
      }
    }
    for (;;) {
      let best = -1;
      let bestRank = Infinity;
      for (let i = 0; i + 1 < symbols.length; i++) {
        const rank = ranks.get(`${symbols[i] ?? ''} ${symbols[i + 1] ?? ''}`) ?? Infinity;
        if (rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) break;
      symbols = symbols.toSpliced(best, 2, `${symbols[best] ?? ''}${symbols[best + 1] ?? ''}`);
    }
    return symbols.map((symbol) => vocab.get(symbol) ?? vocab.get(model.unk_token) ?? -1);
  };

  return {
    encode(text) {
      const ids: number[] = [];
      let plain = '';
      const flush = (): void => {
        if (plain !== '') ids.push(...encodePlain(plain));
        plain = '';
      };
      for (let at = 0; at < text.length;) {
        const special = longestFirst.find((content) => text.startsWith(content, at));
        if (special === undefined) {
          plain += text[at] ?? '';
          at++;
        } else {
          flush();
          ids.push(added.get(special) ?? -1);
          at += special.length;
        }
      }
      flush();
      return ids;
    },
    decode(ids) {
      const bytes: number[] = [];
      for (const id of ids) {
        const text = texts.get(id) ?? '';
        const byte = /^<0x([0-9A-F]{2})>$/.exec(text)?.[1];
        if (byte !== undefined) bytes.push(parseInt(byte, 16));
        else bytes.push(...new TextEncoder().encode(text.replaceAll('\u2581', ' ')));
      }
      const text = new TextDecoder().decode(Uint8Array.from(bytes));
      return decoder.decoders.some(({ type }) => type === 'Strip') ? text.replace(/^ /, '') : text;
    },
  };
}
