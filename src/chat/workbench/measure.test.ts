import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { promptFormats } from '../../prompts/formats.ts';
import type { Turn } from '../../prompts/render.ts';
import { NO_SETUP } from '../presets/follow.ts';
import type { ChatChoices } from '../session/chat-choices.ts';
import { preparePrompt } from '../session/reply/prompting.ts';
import { DRAFT, measurePrompt } from './measure.ts';

const preferences = { promptFormat: null, sampling: null };
/** Merges across texts as a BPE would. */
const count = (text: string): Promise<number> =>
  Promise.resolve(text.match(/ ?[a-z]{1,4}|[^a-z]/giu)?.length ?? 0);
const model = { modelId: 'meditron-7b', contextLength: 700 };
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.stringMatching(/^[a-z]{1,8}( [a-z]{1,8}){0,30}$/),
);

it('the panel’s blocks are the very prompt that is sent, and their tokens its tokens', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...promptFormats),
      fc.record({
        systemText: fc.option(anyText),
        examples: fc.option(
          fc.array(fc.record({ question: anyText, answer: anyText, off: fc.boolean() }), { maxLength: 3 }),
        ),
      }),
      fc.array(fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), text: anyText }), {
        maxLength: 14,
      }),
      fc.subarray(['m0', 'm1', 'm5', 'm9']),
      fc.subarray(['m0', 'm2', 'm3']),
      anyText.filter((text) => text.trim() !== ''),
      async (format, { systemText, examples }, rows, leftOut, pinned, draft) => {
        const turns = rows.map((row, n): Turn => ({ ...row, id: `m${n}` }));
        const sampling = { ...format.sampling, maxTokens: 100 };
        const choices: ChatChoices = {
          promptFormat: format.id,
          systemText,
          sampling,
          promptSetup: { ...NO_SETUP, examples, leftOut, pinned },
        };
        const view = await measurePrompt({ model, countTokens: count, turns, draft, choices, preferences });
        const sent = await preparePrompt({
          loaded: { ...model },
          countTokens: count,
          turns: [...turns, { id: 'stored', role: 'user', text: draft }],
          choices,
          preferences,
        }).catch((error: unknown) => error);
        if (sent instanceof Error) {
          expect(view.problem).toMatchObject({ code: (sent as { code?: string }).code });
          return;
        }
        const { fitted } = sent as Awaited<ReturnType<typeof preparePrompt>>;
        const text = view.blocks.flatMap(({ pieces }) => pieces.map((piece) => piece.text)).join('');
        expect(text).toBe(fitted.prompt);
        expect(view.promptTokens).toBe(fitted.promptTokens);
        expect(view.dropped).toEqual(fitted.dropped);
        expect(view.leftOut).toEqual(fitted.leftOut);
      },
    ),
    { numRuns: 200 },
  );
}, 30_000);

it('counts only what typing changed', async () => {
  const known = new Map<string, Promise<number>>();
  const engine = vi.fn(count);
  const countTokens = (text: string): Promise<number> => {
    const found = known.get(text) ?? engine(text);
    known.set(text, found);
    return found;
  };
  const turns = Array.from({ length: 12 }, (_, n): Turn => ({
    id: `m${n}`,
    role: n % 2 ? 'assistant' : 'user',
    text: `text ${n}`,
  }));
  const choices: ChatChoices = { promptFormat: null, systemText: '', sampling: null };
  const about = { model, countTokens, turns, choices, preferences };
  const first = await measurePrompt({ ...about, draft: '' });
  expect(
    first.blocks
      .find(({ place }) => place.part === 'turn' && place.id === DRAFT)
      ?.pieces.map(({ text }) => text),
  ).toEqual(['### User: ', '', '\n']);
  await measurePrompt({ ...about, draft: 'W' });
  engine.mockClear();
  await measurePrompt({ ...about, draft: 'Wh' });
  expect(engine).toHaveBeenCalledTimes(2);
});
