import { expect, it } from 'vitest';
import { sortFiles, TAKERS, type Taker } from './takers.ts';

const chosen = (...paths: readonly string[]) =>
  paths.map((path) => ({ path, file: new File([`text of ${path}`], path.split('/').at(-1) ?? path) }));
const [weightTaker] = TAKERS;

async function kinds(paths: readonly string[], takers?: readonly Taker[]): Promise<Record<string, string[]>> {
  const sorted = await sortFiles(chosen(...paths), takers);
  return Object.fromEntries([...sorted].map(([{ kind }, files]) => [kind, files.map(({ path }) => path)]));
}

it('files are told apart by name: weights are offered to a model, the rest is read as transcripts', async () => {
  expect(await kinds(['a.json', 'meditron-7b.Q4_0.GGUF', 'b.jsonl'])).toEqual({
    chats: ['a.json', 'b.jsonl'],
    'model weights': ['meditron-7b.Q4_0.GGUF'],
  });
});

it('a folder goes as a whole to whoever knows one of its files', async () => {
  expect(await kinds(['m/config.json', 'm/model.safetensors', 'chat.json'])).toEqual({
    'model weights': ['m/config.json', 'm/model.safetensors'],
    chats: ['chat.json'],
  });
});

it('files of one ending are told apart by how they begin', async () => {
  const questions: Taker = {
    kind: 'questions',
    knows: ({ head }) => head.includes('q.jsonl'),
    take: () => undefined,
  };
  const takers = weightTaker ? [weightTaker, questions] : [];
  expect(await kinds(['q.jsonl', 'chat.jsonl'], takers)).toEqual({
    questions: ['q.jsonl'],
    chats: ['chat.jsonl'],
  });
});
