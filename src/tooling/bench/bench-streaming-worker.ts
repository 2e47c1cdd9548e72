/**
 * Stands in for the llama.cpp worker in the bench of streaming: says what the real one says, at a speed that is known. A GPU that
 * writes 100 tokens a second leaves the page's thread alone; llama.cpp on the CPU of the bench's machine would not.
 */
import type { LlamaCppCalls } from '../../engine/llamacpp/calls.ts';
import type { TokenReport } from '../../engine/engine-calls.ts';
import type { GenerationDone } from '../../engine/port.ts';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';

const TOKENS_PER_SECOND = 100;
/** As the real worker: a few tokens in one message, about 60 messages a second. */
const MESSAGE_MS = 1000 / 60;
/** A long reply: twenty seconds. */
const TOKENS = 2000;
/** What a reply may hold, again and again. */
const BLOCKS = [
  '## Chest pain in the emergency department\n\n',
  'The history comes first: onset, character, radiation, and *what makes it better or worse*. Then the **risk factors**, and an electrocardiogram within ten minutes.\n\n',
  '1. Acute coronary syndrome\n2. Pulmonary embolism\n3. Aortic dissection\n   - tearing, into the back\n   - unequal pulses\n4. Pneumothorax\n\n',
  '| Test | Sensitivity | Specificity |\n| --- | ---: | ---: |\n| Troponin, 3 h | 0.99 | 0.80 |\n| D-dimer | 0.97 | 0.45 |\n| CT angiography | 0.95 | 0.98 |\n\n',
  'Post-test odds are pre-test odds times the likelihood ratio: $O_1 = O_0 \\cdot \\mathrm{LR}$, where $\\mathrm{LR}^+ = \\frac{\\mathrm{sens}}{1-\\mathrm{spec}}$.\n\n',
  '> A normal electrocardiogram does not exclude an infarction.\n\n',
  '```python\ndef odds(p):\n    return p / (1 - p)\n\nprint(odds(0.2) * 4.75)\n```\n\n',
  'Ask about `sildenafil` before nitrates; see [the list](#/about) for others. It is a question that students forget.\n\n',
];
/** About four characters make a token. */
const TOKEN_CHARACTERS = 4;

const tokensOf = (text: string): number => Math.ceil(text.length / TOKEN_CHARACTERS);

async function write(
  prompt: string,
  signal: AbortSignal,
  report: (token: TokenReport) => void,
): Promise<GenerationDone> {
  let text = '';
  for (let n = 0; text.length < TOKENS * TOKEN_CHARACTERS; n += 1) text += BLOCKS[n % BLOCKS.length] ?? '';
  const started = performance.now();
  let sent = 0;
  while (sent < TOKENS && !signal.aborted) {
    await new Promise((done) => setTimeout(done, MESSAGE_MS));
    const elapsedMs = performance.now() - started;
    const due = Math.min(TOKENS, Math.floor((elapsedMs / 1000) * TOKENS_PER_SECOND));
    if (due === sent) continue;
    const piece = text.slice(sent * TOKEN_CHARACTERS, due * TOKEN_CHARACTERS);
    sent = due;
    report({ text: piece, completionTokens: sent, elapsedMs });
  }
  return {
    type: 'done',
    finishReason: signal.aborted ? 'aborted' : 'length',
    usage: { promptTokens: tokensOf(prompt), reusedTokens: 0, completionTokens: sent },
    timings: {
      timeToFirstTokenMs: MESSAGE_MS,
      prefillMs: 1,
      decodeMs: performance.now() - started,
      decodeTokensPerSecond: TOKENS_PER_SECOND,
    },
    seed: 1,
    ignored: [],
  };
}

answerCalls<LlamaCppCalls>(self as unknown as WorkerScope, {
  load: () => ({
    engineVersion: 'bench',
    backend: 'cpu',
    backendReason: 'A stand-in of the bench.',
    adapter: '',
    threads: 1,
    gpuLayers: 0,
    totalLayers: 4,
    contextLength: 2048,
    vocabSize: 4096,
    sourceSha256: '',
    abilities: { scoring: false, alternatives: 0, bannedTokens: false, seeds: true },
  }),
  generate: ({ prompt }, { signal, report }) => write(prompt, signal, report),
  score: () => [],
  count: tokensOf,
  unload: () => null,
});
