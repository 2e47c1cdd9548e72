/**
 * Measures the Demo model through the app's engine: wllama in real Chromium, greedy, on the questions of
 * evaluation.json. Writes results.json. Usage: npx tsx model-config/demo/evaluate.ts [--limit N] [--out FILE]
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import type { Page } from 'playwright';
import { z } from 'zod';

const here = import.meta.dirname;
const root = join(here, '..', '..');
const files = ['demo-f16.gguf', 'demo-q4_0.gguf'] as const;
const stops = ['###', 'User:', 'Assistant:', '</s>', '<|im_end|>'];

const Evaluation = z.object({
  system: z.string(),
  answers: z.array(z.string()),
  items: z.array(
    z.object({
      group: z.string(),
      kind: z.string(),
      turns: z.array(z.tuple([z.string(), z.number()])).min(1),
      system: z.string().optional(),
      form: z.enum(['authors', 'chatml', 'raw']).default('authors'),
      /** Tokens of the prompt with BOS, by tokenizer.py: llama.cpp must count the same. */
      tokens: z.number(),
    }),
  ),
});
type Item = z.infer<typeof Evaluation>['items'][number];

const Reply = z.object({
  text: z.string(),
  finish: z.string().nullable(),
  promptTokens: z.number(),
  tokens: z.number(),
  perSecond: z.number(),
});

interface Tally {
  asked: number;
  right: number;
}
interface Miss {
  group: string;
  question: string;
  got: string;
}
interface FileResult {
  bytes: number;
  sha256: string;
  groups: Record<string, Tally & { share: number }>;
  kinds: Record<string, Tally & { share: number }>;
  /** Of the medical questions: the refusal, word for word. */
  refused: Record<string, number>;
  /** Of all replies: the text is one of the corpus's answers, so nothing was made up. */
  ownWords: number;
  /** Replies to medical questions that are no text of ours. Each is listed in the misses. */
  strayMedicalReplies: number;
  tokenCountsDiffer: number;
  cutOff: number;
  seconds: number;
  tokensPerSecond: number;
  misses: Miss[];
}

function prompt(item: Item, system: string, answers: string[]): string {
  const turns = item.turns.map(([question, place]) => ({ question, answer: answers[place] ?? '' }));
  if (item.form === 'raw') return turns[0]?.question ?? '';
  let text = item.form === 'chatml' ? `<|im_start|>system\n${system}<|im_end|>\n` : system;
  turns.forEach(({ question, answer }, index) => {
    const shown = index < turns.length - 1;
    if (item.form === 'chatml') {
      text += `<|im_start|>user\n${question}<|im_end|>\n<|im_start|>assistant\n${shown ? `${answer}<|im_end|>\n` : ''}`;
    } else {
      text += `${text === '' ? '' : '\n'}### User: ${question}\n### Assistant:${shown ? ` ${answer}` : ''}`;
    }
  });
  return text;
}

/** Serves the page, wllama's own files and the models on a free port of this machine. */
async function serve(models: string): Promise<{ url: string; close: () => void }> {
  const types: Record<string, string> = {
    js: 'text/javascript',
    wasm: 'application/wasm',
    html: 'text/html',
  };
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://local').pathname;
    const file = path.startsWith('/wllama/')
      ? join(root, 'node_modules/@wllama/wllama/esm', path.slice('/wllama/'.length))
      : path.startsWith('/models/')
        ? join(models, path.slice('/models/'.length))
        : path === '/page.js'
          ? join(here, 'evaluate-page.js')
          : undefined;
    response.setHeader('content-type', types[path.split('.').at(-1) ?? ''] ?? 'application/octet-stream');
    if (path === '/') {
      response.setHeader('content-type', 'text/html');
      response.end('<!doctype html><title>Evaluation</title><script type="module" src="/page.js"></script>');
      return;
    }
    try {
      if (file === undefined) throw new Error('no such file');
      response.end(readFileSync(file));
    } catch {
      response.statusCode = 404;
      response.end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

async function measure(page: Page, name: string, models: string, limit: number): Promise<FileResult> {
  const evaluation = Evaluation.parse(JSON.parse(readFileSync(join(here, 'evaluation.json'), 'utf8')));
  const data = readFileSync(join(models, name));
  const vocabulary: unknown = await page.evaluate(`load('/models/${name}')`);
  if (vocabulary !== 2048) throw new Error(`${name} does not load: vocabulary ${String(vocabulary)}`);
  const known = new Set(evaluation.answers.map((answer) => answer.trim()));
  const groups: Record<string, Tally> = {};
  const kinds: Record<string, Tally> = {};
  const misses: Miss[] = [];
  const speeds: number[] = [];
  let [ownWords, stray, differ, cutOff, asked] = [0, 0, 0, 0, 0];
  const count = (tallies: Record<string, Tally>, key: string, right: boolean) => {
    const tally = (tallies[key] ??= { asked: 0, right: 0 });
    tally.asked += 1;
    tally.right += right ? 1 : 0;
  };
  const began = performance.now();
  const step = Math.max(1, Math.floor(evaluation.items.length / limit));
  for (const [index, item] of evaluation.items.entries()) {
    if (index % step !== 0) continue;
    const text = prompt(item, item.system ?? evaluation.system, evaluation.answers);
    const reply = Reply.parse(
      await page.evaluate(`answer(${JSON.stringify([text, stops, 400]).slice(1, -1)})`),
    );
    const last = item.turns.at(-1);
    const expected = (evaluation.answers[last?.[1] ?? -1] ?? '').trim();
    const right = reply.text.trim() === expected;
    asked += 1;
    count(groups, item.group, right);
    if (item.group === 'corpus' || item.group === 'as typed') count(kinds, item.kind, right);
    if (known.has(reply.text.trim())) ownWords += 1;
    else if (item.kind === 'medical') stray += 1;
    if (reply.promptTokens !== item.tokens) differ += 1;
    if (reply.finish === 'length') cutOff += 1;
    if (reply.tokens > 20) speeds.push(reply.perSecond);
    if (!right) misses.push({ group: item.group, question: last?.[0] ?? '', got: reply.text.trim() });
    if (asked % 200 === 0) console.log(`${name}: ${asked} asked, ${misses.length} missed`);
  }
  const shares = (tallies: Record<string, Tally>) =>
    Object.fromEntries(
      Object.entries(tallies).map(([key, t]) => [
        key,
        { ...t, share: Number((t.right / t.asked).toFixed(4)) },
      ]),
    );
  const byGroup = shares(groups);
  const refusals = Object.entries(byGroup).filter(([group]) => /medical|raw/.test(group));
  return {
    bytes: data.length,
    sha256: createHash('sha256').update(data).digest('hex'),
    groups: byGroup,
    kinds: shares(kinds),
    refused: Object.fromEntries(refusals.map(([group, tally]) => [group, tally.share])),
    ownWords: Number((ownWords / asked).toFixed(4)),
    strayMedicalReplies: stray,
    tokenCountsDiffer: differ,
    cutOff,
    seconds: Math.round((performance.now() - began) / 1000),
    tokensPerSecond: Math.round(speeds.sort((a, b) => a - b)[speeds.length >> 1] ?? 0),
    misses,
  };
}

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '1000000' },
    out: { type: 'string', default: join(here, 'results.json') },
    models: { type: 'string', default: join(root, 'public/models/demo') },
  },
});
const server = await serve(values.models);
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox'],
});
try {
  const page = await browser.newPage();
  page.on('pageerror', (error) => console.error(error));
  await page.goto(server.url);
  await page.waitForFunction('globalThis.ready === true');
  const results: Record<string, FileResult> = {};
  for (const name of files) {
    const result = await measure(page, name, values.models, Number(values.limit));
    results[name] = result;
    console.log(name, JSON.stringify({ ...result, misses: result.misses.length }, null, 2));
  }
  const training: unknown = JSON.parse(readFileSync(join(here, 'training.json'), 'utf8'));
  const report = {
    engine: 'wllama 3.8.1 (llama.cpp) in Chromium, CPU, one thread, temperature 0',
    browser: browser.version(),
    node: execFileSync('node', ['--version'], { encoding: 'utf8' }).trim(),
    training,
    files: results,
  };
  writeFileSync(values.out, `${JSON.stringify(report, null, 1)}\n`);
} finally {
  await browser.close();
  server.close();
}
