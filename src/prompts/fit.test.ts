import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { fitConversation, reserveForAnswer } from './fit.ts';
import type { FitInput } from './fit.ts';
import { findPromptFormat, promptFormats } from './formats.ts';
import { renderPrompt } from './render.ts';
import type { Turn } from './render.ts';
import { rememberCounts } from './token-counter.ts';

const [anyFormat] = promptFormats;
const authors = findPromptFormat('authors-zero-shot') ?? anyFormat;
if (authors === undefined) throw new Error('no formats');

/** Words of up to four letters, single other characters: merges across texts as a BPE would. */
const words = (text: string): Promise<number> =>
  Promise.resolve(text.match(/ ?[a-z]{1,4}|[^a-z]/giu)?.length ?? 0);
/** Byte fallback for everything. */
const bytes = (text: string): Promise<number> => Promise.resolve(new TextEncoder().encode(text).length);
/** Nothing a BPE does, but nothing may depend on counts adding up: repeats are nearly free. */
const uneven = (text: string): Promise<number> =>
  Promise.resolve(new Set(text).size + Math.floor(text.length / 7));

function chat(exchanges: number, words = 20): Turn[] {
  return Array.from({ length: exchanges }, (_, i): Turn[] => [
    { id: `q${i}`, role: 'user', text: `question ${i} ${'what '.repeat(words)}` },
    { id: `a${i}`, role: 'assistant', text: `answer ${i} ${'because '.repeat(words)}` },
  ]).flat();
}

function input(over: Partial<FitInput>): FitInput {
  return {
    format: authors ?? raise(),
    systemText: 'Be brief.',
    demonstrations: [],
    turns: [{ id: 'q', role: 'user', text: 'Why?' }],
    contextLength: 2048,
    reserveForAnswer: 512,
    maxTokens: 1024,
    countTokens: words,
    ...over,
  };
}

function raise(): never {
  throw new Error('no format');
}

const ask: Turn = { id: 'now', role: 'user', text: 'And now?' };

describe('fitConversation', () => {
  it('keeps everything that fits, for one count', async () => {
    const countTokens = vi.fn(words);
    const fitted = await fitConversation(input({ turns: [...chat(3), ask], countTokens }));
    expect(fitted.dropped).toEqual([]);
    expect(fitted.promptTokens).toBe((await words(fitted.prompt)) + 1);
    expect(fitted.maxTokens).toBe(1024);
    expect(countTokens).toHaveBeenCalledTimes(1);
  });

  it('drops the oldest exchanges, whole, as few as it takes, in a few counts', async () => {
    const countTokens = vi.fn(words);
    const turns = [...chat(200), ask];
    const fitted = await fitConversation(input({ turns, countTokens }));
    expect(fitted.dropped.length).toBeGreaterThan(100);
    expect(fitted.dropped).toEqual(turns.slice(0, fitted.dropped.length).map((turn) => turn.id));
    expect(fitted.dropped.at(-1)).toMatch(/^a/);
    expect(fitted.prompt).toMatch(/^Be brief\.\n### User: question/);
    const oneMore = renderPrompt({ ...input({}), turns: turns.slice(fitted.dropped.length - 2) });
    expect((await words(oneMore.prompt)) + 1).toBeGreaterThan(2048 - 512);
    expect(countTokens.mock.calls.length).toBeLessThanOrEqual(3);
  });

  it('says the same whatever is guessed, and a right guess costs two counts', async () => {
    const turns = [...chat(60), ask];
    const plain = await fitConversation(input({ turns }));
    for (const firstGuess of [0, 1, plain.droppedExchanges - 1, plain.droppedExchanges + 1, 59, 60, 1000]) {
      expect(await fitConversation(input({ turns, firstGuess }))).toEqual(plain);
    }
    const countTokens = vi.fn(words);
    const firstGuess = plain.droppedExchanges;
    expect(firstGuess).toBeGreaterThan(0);
    expect(await fitConversation(input({ turns, firstGuess, countTokens }))).toEqual(plain);
    expect(countTokens).toHaveBeenCalledTimes(2);
  });

  it('does not count a history that could never fit', async () => {
    const countTokens = vi.fn(words);
    await fitConversation(input({ turns: [...chat(5000, 40), ask], countTokens }));
    for (const [counted] of countTokens.mock.calls) expect(counted.length).toBeLessThan(2048 * 48 + 1000);
  });

  it('needs few counts also when sizes are wildly uneven', async () => {
    const countTokens = vi.fn(words);
    const turns = chat(1000, 1).map((turn, i) => (i % 97 === 0 ? { ...turn, text: '☃'.repeat(300) } : turn));
    const { dropped } = await fitConversation(input({ turns: [...turns, ask], countTokens }));
    expect(countTokens.mock.calls.length).toBeLessThanOrEqual(12);
    const oneMore = renderPrompt({ ...input({}), turns: [...turns.slice(dropped.length - 2), ask] });
    expect((await words(oneMore.prompt)) + 1).toBeGreaterThan(2048 - 512);
  });

  it('says which part is too long when the last message does not fit alone', async () => {
    const turns = [...chat(2), { ...ask, text: 'why '.repeat(3000) }];
    await expect(fitConversation(input({ turns }))).rejects.toMatchObject({
      code: 'prompt/message-too-long',
      details: { contextLength: 2048, reserve: 512, fixedTokens: expect.any(Number) as number },
    });
  });

  it('never continues a reply without its question, and asks less room for it', async () => {
    const long: Turn[] = [
      { id: 'q', role: 'user', text: 'why '.repeat(300) },
      { id: 'a', role: 'assistant', text: 'well '.repeat(1600) },
    ];
    const fitted = await fitConversation(input({ turns: [...chat(3), ...long] }));
    expect(fitted.dropped).toEqual(['q0', 'a0', 'q1', 'a1', 'q2', 'a2']);
    expect(fitted.openReply).toMatch(/^well/);
    expect(fitted.maxTokens).toBeLessThan(512);
    expect(fitted.maxTokens).toBeGreaterThanOrEqual(64);
  });

  it('refuses an empty message', async () => {
    await expect(
      fitConversation(input({ turns: [...chat(1), { ...ask, text: ' ' }] })),
    ).rejects.toMatchObject({
      code: 'prompt/empty',
    });
  });

  it('is never over the budget, never cuts a message, and drops only whole leading exchanges', async () => {
    const turn = fc.record({
      role: fc.constantFrom('user' as const, 'assistant' as const),
      text: fc.oneof(
        fc.string({ unit: 'binary', maxLength: 80 }),
        fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,40}$/),
      ),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...promptFormats),
        fc.array(turn, { maxLength: 24 }),
        fc.integer({ min: 60, max: 600 }),
        fc.double({ min: 0.05, max: 0.5, noNaN: true }),
        fc.constantFrom(words, bytes, uneven),
        async (format, history, contextLength, share, countTokens) => {
          const turns = [...history.map((row, i): Turn => ({ ...row, id: `m${i}` })), ask];
          const reserve = Math.max(1, Math.floor(contextLength * share));
          const asked = input({ format, turns, contextLength, reserveForAnswer: reserve, countTokens });
          const alone = renderPrompt({ ...asked, turns: [ask] });
          const fitted = await fitConversation(asked).catch((error: unknown) => error);
          if (fitted instanceof Error) {
            expect(fitted).toMatchObject({ code: 'prompt/message-too-long' });
            expect((await countTokens(alone.prompt)) + 1).toBeGreaterThan(contextLength - reserve);
            return;
          }
          const { prompt, promptTokens, maxTokens, dropped } = fitted as Awaited<
            ReturnType<typeof fitConversation>
          >;
          expect(promptTokens).toBe((await countTokens(prompt)) + 1);
          expect(promptTokens).toBeLessThanOrEqual(contextLength - reserve);
          expect(promptTokens + maxTokens).toBeLessThanOrEqual(contextLength);
          expect(maxTokens).toBeGreaterThanOrEqual(reserve);
          const said = turns.filter((row) => row.text.trim() !== '');
          expect(dropped).toEqual(said.slice(0, dropped.length).map((row) => row.id));
          const kept = said.slice(dropped.length);
          if (dropped.length > 0) expect(kept[0]?.role).toBe('user');
          expect(prompt).toBe(renderPrompt({ ...asked, turns: kept }).prompt);
        },
      ),
      { numRuns: 200 },
    );
  }, 30_000);
});

describe('reserveForAnswer', () => {
  it('keeps at most a quarter of the window', () => {
    expect(reserveForAnswer(2048, 1024)).toBe(512);
    expect(reserveForAnswer(2048, 100)).toBe(100);
  });
});

describe('rememberCounts', () => {
  it('asks once for a text, again after a failure, and forgets the least recently used', async () => {
    const count = vi.fn(words).mockRejectedValueOnce(new Error('engine gone'));
    const remembered = rememberCounts(count);
    await expect(remembered('a')).rejects.toThrow('engine gone');
    expect(await remembered('a')).toBe(1);
    await remembered('a');
    expect(count).toHaveBeenCalledTimes(2);
    for (let i = 0; i < 64; i += 1) await remembered(`b${i}`);
    await remembered('b63');
    expect(count).toHaveBeenCalledTimes(66);
    await remembered('a');
    expect(count).toHaveBeenCalledTimes(67);
  });
});
