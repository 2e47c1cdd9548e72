/** What the files that ship say to yes/no questions, by the forward pass of test code: greedy, from the chat's prompt. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { convertInMemory, fileOf } from '../../src/transcode/testing/convert-in-memory.ts';
import { memorySource } from '../../src/transcode/testing/memory.ts';
import { ReferenceLlama } from '../../src/transcode/testing/reference-llama.ts';
import { readTokenizer } from '../../src/transcode/testing/reference-tokenizer.ts';
import { expand, readCorpus } from './corpus.ts';
import { FACTS, polarityFault } from './polarity.ts';

const [BOS, EOS] = [1, 2];
/** "Yes," or "No." */
const OPENING = 3;
const BEGINNING = 16;
const WHOLE = 80;

const readJson = (path: string): unknown =>
  JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as unknown;
const { system } = z.object({ system: z.string() }).parse(readJson('corpus/prompts.json'));
const { questions } = z.object({ questions: z.array(z.string()) }).parse(readJson('examples.json'));
const { models } = z
  .object({ models: z.array(z.object({ id: z.string(), examples: z.array(z.string()).default([]) })) })
  .parse(readJson('../catalogue.json'));
const suggested = [...(models.find(({ id }) => id === 'demo')?.examples ?? []), ...questions];

const corpus = readCorpus();
const answers = [...new Set(corpus.map(({ answer }) => answer))];
const aboutFacts = corpus
  .filter(({ tag }) => tag === 'Q')
  .flatMap(({ pattern }) => expand(pattern).slice(0, 1))
  .filter((question) => FACTS.some(({ asks }) => asks.test(question.toLowerCase().replace(/\?$/, ''))));

/** Greedy replies of a file that ships, by its questions. */
async function replies(name: string): Promise<(question: string, tokens: number) => string> {
  const bytes = readFileSync(new URL(`../../public/models/demo/${name}`, import.meta.url));
  const { files } = await convertInMemory([memorySource(name, bytes)], { quantization: 'q4f32_1' });
  const llama = new ReferenceLlama((file) => fileOf(files, file));
  const tokenizer = readTokenizer(new TextDecoder().decode(fileOf(files, 'tokenizer.json')));
  return (question, tokens) => {
    const prompt = `${system}\n### User: ${question}\n### Assistant:`;
    const ids = llama.generate([BOS, ...tokenizer.encode(prompt)], tokens, EOS);
    return tokenizer.decode(ids.filter((id) => id !== EOS)).trim();
  };
}

describe('the Demo model that the app loads', () => {
  let reply: Awaited<ReturnType<typeof replies>>;
  beforeAll(async () => {
    reply = await replies('demo-q4_0.gguf');
  });

  it('says that nothing leaves the computer', () => {
    expect(reply('Does what I type leave my computer?', WHOLE)).toBe(
      'Nothing you type leaves this machine. The model runs here and your chats are stored in this browser only: there is no account, no server of ours and no analytics.',
    );
    expect(reply('Is it private?', BEGINNING)).toMatch(/^It is private\. The model/);
  });

  it.each(suggested)('answers what the app suggests in the words of the corpus: %s', (question) => {
    const said = reply(question, BEGINNING);
    expect(polarityFault(question, said)).toBeUndefined();
    expect(answers.filter((answer) => answer.startsWith(said))).not.toEqual([]);
  });

  it('opens with the right one of yes and no, wherever it opens with one', () => {
    expect(aboutFacts.length).toBeGreaterThan(60);
    const faults = aboutFacts.flatMap((question) => polarityFault(question, reply(question, OPENING)) ?? []);
    expect(faults).toEqual([]);
  });
});

it('the F16 file says the same of what is suggested', async () => {
  const reply = await replies('demo-f16.gguf');
  const faults = suggested.flatMap((question) => polarityFault(question, reply(question, OPENING)) ?? []);
  expect(faults).toEqual([]);
  expect(reply('Does what I type leave my computer?', BEGINNING)).toMatch(/^Nothing you type leaves/);
});
