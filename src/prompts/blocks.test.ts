import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fitConversation } from './fit.ts';
import { promptFormats } from './formats.ts';
import { renderPrompt, type PromptBlock, type Turn } from './render.ts';

const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc
    .array(
      fc.constantFrom(
        '#',
        '##',
        '###',
        '<',
        '</',
        's>',
        '</s>',
        '<EOD',
        '>',
        ' ',
        '\n',
        '\r',
        '\0',
        '\uD83D',
        '\uDE00',
        'User',
        ':',
        'ab',
      ),
      { maxLength: 12 },
    )
    .map((pieces) => pieces.join('')),
);
const anyTurns = fc
  .array(fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), text: anyText }), {
    maxLength: 8,
  })
  .map((turns): Turn[] => [
    ...turns.map((turn, index) => ({ ...turn, id: `t${index}` })),
    { id: 'draft', role: 'user', text: 'Q' },
  ]);

function textOf({ pieces }: PromptBlock): string {
  return pieces.map(({ text }) => text).join('');
}

it('blocks are the prompt to the character, and each holds what was typed in its place', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...promptFormats),
      anyText,
      fc.array(fc.record({ question: anyText, answer: anyText }), { maxLength: 3 }),
      anyTurns,
      (format, systemText, demonstrations, turns) => {
        const { prompt, blocks } = renderPrompt({ format, systemText, demonstrations, turns });
        expect(blocks.map(textOf).join('')).toBe(prompt);
        const bare = (text: string): string =>
          text
            .replace(/\r\n?/g, '\n')
            .replace(/\0|\p{Surrogate}/gu, '\ufffd')
            .replaceAll(' ', '');
        for (const { place, pieces } of blocks) {
          if (place.part !== 'turn') continue;
          const typed = turns.find(({ id }) => id === place.id)?.text ?? '';
          const said = pieces.filter(({ whose }) => whose === 'person').map(({ text }) => text);
          const expected = bare(format.layout.exact ? typed : typed.trim());
          // Carriage returns of one text and line feeds of the next are one end of line where nothing lies between.
          if (!/[\r\n]/.test(turns.map(({ text }) => text).join('')))
            expect(bare(said.join(''))).toBe(expected);
        }
      },
    ),
    { numRuns: 600 },
  );
});

const words = (text: string): Promise<number> => Promise.resolve(text.split(/(?<=\s)/).length);

it('what is left out is not there, and what is pinned stays while older and younger turns go', async () => {
  const [format] = promptFormats;
  if (!format) throw new Error('no format');
  const turns = Array.from({ length: 20 }, (_, n): Turn[] => [
    { id: `q${n}`, role: 'user', text: `question ${n} ${'what '.repeat(20)}` },
    { id: `a${n}`, role: 'assistant', text: `answer ${n} ${'because '.repeat(20)}` },
  ]).flat();
  const fitted = await fitConversation({
    format,
    systemText: '',
    demonstrations: [],
    turns: [...turns, { id: 'now', role: 'user', text: 'And now?' }],
    contextLength: 400,
    reserveForAnswer: 100,
    maxTokens: 100,
    countTokens: words,
    leftOut: new Set(['a19', 'now']),
    pinned: new Set(['a3']),
  });
  const kept = fitted.blocks.flatMap(({ place }) => (place.part === 'turn' ? [place.id] : []));
  expect(kept.slice(0, 2)).toEqual(['q3', 'a3']);
  expect(kept).not.toContain('a19');
  expect(kept.slice(-2)).toEqual(['q19', 'now']);
  expect(fitted.leftOut).toEqual(['a19']);
  expect(new Set([...kept, ...fitted.dropped, ...fitted.leftOut]).size).toBe(41);
  expect(fitted.promptTokens).toBeLessThanOrEqual(300);
});

it('says so when the pinned turns leave no room', async () => {
  const [format] = promptFormats;
  if (!format) throw new Error('no format');
  await expect(
    fitConversation({
      format,
      systemText: '',
      demonstrations: [],
      turns: [
        { id: 'q', role: 'user', text: 'what '.repeat(300) },
        { id: 'now', role: 'user', text: 'And now?' },
      ],
      contextLength: 300,
      reserveForAnswer: 50,
      maxTokens: 50,
      countTokens: words,
      pinned: new Set(['q']),
    }),
  ).rejects.toMatchObject({ code: 'prompt/pinned-too-long' });
});
