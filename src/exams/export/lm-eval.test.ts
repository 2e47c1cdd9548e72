import { expect, test } from 'vitest';
import type { RunPlan } from '../runs/run-plan.ts';
import { testItem, testPlan, testResult, testRun, written } from '../runs/testing.ts';
import { inspectLog } from './inspect.ts';
import { lmEvalFiles } from './lm-eval.ts';
import { reportOf } from './report.ts';

const CONSISTENCY = { ...written(3), topP: 0.95, maxTokens: 64 };

/** One question, answered three times: C, then B twice. The key is B. */
function report(method: RunPlan['method'], form: RunPlan['form'] = 'authors') {
  const item = testItem(1);
  const plan = testPlan({ itemIds: [item.id], method, form, chatFormat: 'no such format' });
  const run = testRun(plan, { finishedAt: 2, state: 'done', prefixes: { '0': '' } });
  const reply = (text: string, answer: number, finishReason: 'stop' | 'length') => ({
    text,
    tokens: 1,
    finishReason,
    seed: 1,
    answer,
  });
  const replies = [
    reply('it is C', 2, 'length'),
    reply('it is B', 1, 'stop'),
    reply('B, then', 1, 'stop'),
  ].slice(0, method.kind === 'written' ? method.branches : 0);
  const result = testResult(0, { itemId: item.id, right: [1], prompt: 'prompt', replies, chosen: 1 });
  return reportOf(run, new Map([[item.id, item]]), [result]);
}

async function lmEval(made: ReturnType<typeof report>) {
  const [results, samples] = await lmEvalFiles(made);
  return {
    results: JSON.parse(results?.text ?? '') as { results: Record<string, unknown>; configs: unknown },
    sample: JSON.parse(samples?.text ?? '') as Record<string, unknown>,
  };
}

test('a run that draws says how, and what its majority rests on', async () => {
  const { results, sample } = await lmEval(report(CONSISTENCY));
  expect(sample.arguments).toEqual({
    gen_args_0: {
      arg_0: 'prompt',
      arg_1: {
        until: ['###', '$$$', '</s>'],
        do_sample: true,
        temperature: 0.8,
        top_p: 0.95,
        max_gen_toks: 64,
      },
    },
  });
  expect(sample).toMatchObject({
    resps: [['it is C', 'it is B', 'B, then']],
    filtered_resps: ['it is B'],
    filter: 'maj@3',
    acc: 1,
  });
  expect(results.results.set).toMatchObject({ 'acc,maj@3': 1 });
  expect(results.configs).toMatchObject({ set: { repeats: 3, generation_kwargs: { do_sample: true } } });
});

test('a greedy run says so, with its form’s own stops', async () => {
  const greedy = { ...CONSISTENCY, temperature: 0, branches: 1 };
  const { results, sample } = await lmEval(report(greedy, 'harness-medqa'));
  expect(sample).toMatchObject({
    arguments: { gen_args_0: { arg_1: { until: ['\n\n', '</s>'], do_sample: false, max_gen_toks: 64 } } },
    filter: 'none',
  });
  expect(results.results.set).toMatchObject({ 'acc,none': 1 });
  // A format that this app does not have: the run was made by another version.
  const { sample: foreign } = await lmEval(report(greedy, 'chat'));
  expect(foreign).toMatchObject({ arguments: { gen_args_0: { arg_1: { until: [] } } } });
});

test.each([
  ['characters', 'acc_norm'],
  ['none', 'acc'],
] as const)('whole option texts by %s are the harness’s %s', async (normalise, metric) => {
  const { results, sample } = await lmEval(report({ kind: 'option-texts', normalise }));
  expect(sample).toMatchObject({ metrics: [metric], [metric]: 1 });
  expect(Object.keys(results.results.set ?? {})).toEqual([
    'alias',
    `${metric},none`,
    `${metric}_stderr,none`,
  ]);
  expect(results.configs).toMatchObject({ set: { metric_list: [{ metric }], metadata: { normalise } } });
});

test('a run with nothing answered has figures that say so', async () => {
  const made = report({ kind: 'option-letters' });
  const nothing = reportOf(
    made.run,
    made.items,
    made.results.map((result) => ({ ...result, status: 'too-long' as const, chosen: null })),
  );
  const [results] = await lmEvalFiles(nothing);
  expect(JSON.parse(results?.text ?? '')).toMatchObject({
    results: { set: { 'acc,none': 'N/A', 'acc_stderr,none': 'N/A' } },
  });
});

test('Inspect’s sample holds the reply that its answer was read from', () => {
  const log = JSON.parse(inspectLog(report(CONSISTENCY))) as { samples: unknown[] };
  expect(log.samples[0]).toMatchObject({
    output: { choices: [{ message: { content: 'it is B' }, stop_reason: 'stop' }] },
    scores: { choice: { answer: 'B' } },
  });
});
