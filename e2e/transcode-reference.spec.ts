/**
 * What llama.cpp answers on the F16 demo model, greedy, token by token: the yardstick for converted packages. The unit test
 * `src/transcode/run/demo-model.test.ts` holds them against the recorded tokens; this holds the record against llama.cpp.
 *
 * After a new demo model: UPDATE_REFERENCE=1 npx playwright test e2e/transcode-reference.spec.ts
 */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import type { Wllama as WllamaClass } from '@wllama/wllama';
import { z } from 'zod';
import { startStaticServer } from './support/static-server.ts';

const root = resolve(import.meta.dirname, '..');
const MODEL = 'public/models/demo/demo-f16.gguf';
const RECORD = resolve(root, 'src/transcode/testing/demo-greedy.json');
const PROMPTS = 20;
/** Asked when recording, to find questions whose answer the model knows: a guess may tip either way under rounding. */
const CANDIDATES = 60;
const TOKENS = 32;

const recordSchema = z.object({
  model: z.object({ file: z.string(), sha256: z.string() }),
  prompts: z.array(z.object({ prompt: z.string(), promptTokens: z.number(), tokens: z.array(z.number()) })),
});
const evaluationSchema = z.object({
  system: z.string(),
  answers: z.array(z.string()),
  items: z.array(z.object({ group: z.string(), turns: z.array(z.tuple([z.string(), z.number()])) })),
});

/** Questions spread over the corpus, in the chat form the model is trained on. */
function chooseCandidates(): { prompt: string; answer: string }[] {
  const text = readFileSync(resolve(root, 'model-config/demo/evaluation.json'), 'utf8');
  const { system, answers, items } = evaluationSchema.parse(JSON.parse(text));
  const questions = items.filter(({ group, turns }) => group === 'corpus' && turns.length === 1);
  return Array.from({ length: CANDIDATES }, (_, i) => {
    const [question, answer] = questions[Math.floor((i * questions.length) / CANDIDATES)]?.turns[0] ?? [
      '',
      -1,
    ];
    return { prompt: `${system}\n### User: ${question}\n### Assistant:`, answer: answers[answer] ?? '' };
  });
}

test('llama.cpp continues the recorded prompts of the F16 demo model with the recorded tokens', async ({
  page,
}) => {
  test.setTimeout(300_000);
  const update = process.env.UPDATE_REFERENCE === '1';
  const server = await startStaticServer({
    root: resolve(root, 'public'),
    mounts: { '/wllama/': resolve(root, 'node_modules/@wllama/wllama/esm') },
    headers: {},
    fault: (_, response, path) => {
      if (path !== '/reference.html') return false;
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>reference</title>');
      return true;
    },
  });
  try {
    const sha256 = createHash('sha256')
      .update(readFileSync(resolve(root, MODEL)))
      .digest('hex');
    const recorded = update ? null : recordSchema.parse(JSON.parse(readFileSync(RECORD, 'utf8')));
    if (recorded !== null) expect(recorded.model.sha256, 'the record is of this model').toBe(sha256);
    const candidates = update ? chooseCandidates() : [];
    const prompts = recorded?.prompts.map(({ prompt }) => prompt) ?? candidates.map(({ prompt }) => prompt);
    await page.goto(`${server.url}reference.html`);
    const continued = await page.evaluate(
      async ([texts, count]) => {
        const library = '/wllama/index.js';
        const { Wllama } = (await import(library)) as { Wllama: typeof WllamaClass };
        const wllama = new Wllama({ default: '/wllama/wasm/wllama.wasm' });
        wllama.setCompat(null);
        const file = await (await fetch('/models/demo/demo-f16.gguf')).blob();
        await wllama.loadModel([file], { n_ctx: 2048, n_threads: 1, n_gpu_layers: 0 });
        const results = [];
        for (const prompt of texts) {
          const answer: unknown = await wllama.createCompletion({
            prompt,
            max_tokens: count,
            temperature: 0,
            n_probs: 1,
          });
          results.push(answer);
        }
        await wllama.exit();
        return results;
      },
      [prompts, TOKENS] as const,
    );
    const answers = z
      .array(
        z.object({
          usage: z.object({ prompt_tokens: z.number() }),
          choices: z.tuple([
            z.object({
              text: z.string(),
              logprobs: z.object({ content: z.array(z.object({ id: z.number() })) }),
            }),
          ]),
        }),
      )
      .parse(continued);
    const found = answers.map(({ usage, choices }, i) => ({
      prompt: prompts[i] ?? '',
      promptTokens: usage.prompt_tokens,
      tokens: choices[0].logprobs.content.map(({ id }) => id),
    }));
    if (update) {
      const known = found.filter((_, i) => {
        const text = answers[i]?.choices[0].text.trim() ?? '';
        return text !== '' && candidates[i]?.answer.startsWith(text);
      });
      expect(known.length, 'the model knows too few answers').toBeGreaterThanOrEqual(PROMPTS);
      const record = { model: { file: MODEL, sha256 }, prompts: known.slice(0, PROMPTS) };
      writeFileSync(RECORD, `${JSON.stringify(record, null, 1)}\n`);
    } else {
      expect(found).toEqual(recorded?.prompts);
    }
  } finally {
    await server.close();
  }
});
