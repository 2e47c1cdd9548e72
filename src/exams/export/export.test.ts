/** Each export read back by a schema taken from its target's own documentation or schema file. */
import Papa from 'papaparse';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from '../../lib/zod.ts';
import { openTestStore } from '../../conversations/data/test-store.ts';
import { keepRating, readRatings } from '../data/ratings.ts';
import type { ReplyRating } from '../runs/reply-rating.ts';
import type { RunPlan } from '../runs/run-plan.ts';
import {
  LOADED,
  SERVER,
  TestEngine,
  testItem,
  testItems,
  testPlan,
  testResult,
  testRun,
  TestStore,
  workThrough,
  written,
} from '../runs/testing.ts';
import { compareRuns } from './compare-runs.ts';
import { runFiles, type RunExportFormat } from './export-actions.ts';
import { ratingRows } from './rating-rows.ts';
import { decidingIndex, decidingReply, missedText, reportOf, type RunReport } from './report.ts';
import { fingerprintOf, makeSigningKey, sign } from '../../formats/signature/signature.ts';
import { textSha256 } from '../../transcripts/format/integrity/canonical.ts';
import { readRunFile } from './run-file.ts';
import { readRunPage } from './run-page.ts';

const ITEMS = [
  ...testItems(7),
  testItem(7, { question: '=cmd|evil "quoted", 漢字\n<script>alert(1)</script>' }),
  testItem(8, { question: 'long '.repeat(500) }),
];

async function report(over: Partial<RunPlan> = {}, reply = ' B', model = LOADED): Promise<RunReport> {
  const plan = testPlan({ setTitle: 'A set & more', itemIds: ITEMS.map(({ id }) => id), ...over });
  const run = testRun(plan, { createdAt: 1_700_000_000_000, appVersion: '0.1.0' });
  const store = new TestStore(run, ITEMS);
  const engine = new TestEngine();
  engine.reply = reply;
  engine.model = model;
  await workThrough(run, store, { engine, now: () => 1_700_000_100_000 });
  return reportOf(store.run, new Map(ITEMS.map((item) => [item.id, item])), [...store.results.values()]);
}

const WRITTEN = written();

describe.each([
  ['letters', {}],
  ['rotations', { order: 'rotations' as const }],
  ['written', { method: WRITTEN }],
])('a run of %s', (_, over: Partial<RunPlan>) => {
  let made: RunReport;
  beforeAll(async () => {
    made = await report(over);
  });
  const files = async (format: RunExportFormat) => runFiles(made, format, 1_700_000_200_000);
  const text = async (format: RunExportFormat, at = 0): Promise<string> =>
    (await files(format))[at]?.text ?? '';

  test('lm-evaluation-harness', async () => {
    const sha = z.string().regex(/^[0-9a-f]{64}$/);
    const results = z.object({
      results: z.record(
        z.string(),
        z.object({ alias: z.string(), 'acc,none': z.number(), 'acc_stderr,none': z.number() }),
      ),
      configs: z.record(
        z.string(),
        z.object({ task: z.string(), output_type: z.string(), num_fewshot: z.number() }),
      ),
      versions: z.record(z.string(), z.number()),
      'n-shot': z.record(z.string(), z.number()),
      higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean())),
      'n-samples': z.record(z.string(), z.object({ original: z.number(), effective: z.number() })),
      config: z.object({ model: z.string(), model_args: z.string() }),
      task_hashes: z.record(z.string(), sha),
      model_name: z.string(),
    });
    const parsed = results.parse(JSON.parse(await text('lm-eval')));
    expect(parsed.results.a_set_more?.['acc,none']).toBe(made.summary.accuracy);
    const pair = z.tuple([z.string(), z.string()]);
    const sample = z.object({
      doc_id: z.number(),
      doc: z.record(z.string(), z.unknown()),
      target: z.string(),
      arguments: z.record(
        z.string().regex(/^gen_args_\d+$/),
        z.object({ arg_0: z.string(), arg_1: z.unknown() }),
      ),
      resps: z.union([z.array(z.array(pair)), z.array(z.array(z.string()))]),
      filtered_resps: z.union([z.array(pair), z.array(z.string())]),
      filter: z.string(),
      metrics: z.array(z.string()),
      doc_hash: sha,
      prompt_hash: sha,
      target_hash: sha,
      acc: z.number(),
    });
    const lines = (await text('lm-eval', 1))
      .trim()
      .split('\n')
      .map((line) => sample.parse(JSON.parse(line)));
    expect(lines).toHaveLength(made.summary.n);
    expect(lines.reduce((sum, { acc }) => sum + acc, 0)).toBe(made.summary.right);
    expect((await files('lm-eval')).map(({ name }) => name)).toEqual([
      'results_2023-11-14T22-15-00.000Z.json',
      'samples_a_set_more_2023-11-14T22-15-00.000Z.jsonl',
    ]);
  });

  test('Inspect', async () => {
    const metric = z.object({ name: z.string(), value: z.number() });
    const log = z.object({
      version: z.literal(2),
      status: z.enum(['started', 'success', 'cancelled', 'error']),
      eval: z.object({
        run_id: z.string(),
        created: z.iso.datetime(),
        task: z.string(),
        task_id: z.string(),
        dataset: z.object({ name: z.string(), samples: z.number(), sample_ids: z.array(z.string()) }),
        model: z.string(),
        config: z.object({}),
      }),
      plan: z.object({ name: z.string(), steps: z.array(z.object({ solver: z.string() })) }),
      results: z.object({
        total_samples: z.number(),
        completed_samples: z.number(),
        scores: z.array(
          z.object({ name: z.string(), scorer: z.string(), metrics: z.record(z.string(), metric) }),
        ),
      }),
      stats: z.object({ started_at: z.iso.datetime(), completed_at: z.iso.datetime() }),
      samples: z.array(
        z.object({
          id: z.string(),
          epoch: z.number().int().min(1),
          input: z.string(),
          choices: z.array(z.string()),
          target: z.array(z.string()),
          messages: z.array(
            z.object({ role: z.enum(['system', 'user', 'assistant', 'tool']), content: z.string() }),
          ),
          output: z.object({ model: z.string(), choices: z.array(z.object({ stop_reason: z.string() })) }),
          scores: z.record(z.string(), z.object({ value: z.enum(['C', 'I']), answer: z.string() })),
        }),
      ),
    });
    const parsed = log.parse(JSON.parse(await text('inspect')));
    expect(parsed.samples.filter(({ scores }) => scores.choice?.value === 'C')).toHaveLength(
      made.summary.right,
    );
    expect(new Set(parsed.samples.map(({ id, epoch }) => `${id}/${epoch}`)).size).toBe(parsed.samples.length);
  });

  test('Every Eval Ever 0.2.1', async () => {
    const strings = z.record(z.string(), z.string());
    // The required members and closed enumerations of eval.schema.json; top levels take no other members.
    const aggregate = z.strictObject({
      schema_version: z.literal('0.2.1'),
      evaluation_id: z.string(),
      evaluation_timestamp: z.string(),
      retrieved_timestamp: z.string(),
      source_metadata: z.object({
        source_name: z.string(),
        source_type: z.enum(['documentation', 'evaluation_run']),
        source_organization_name: z.string(),
        evaluator_relationship: z.enum(['first_party', 'third_party', 'collaborative', 'other']),
      }),
      eval_library: z.object({ name: z.string(), version: z.string() }),
      model_info: z.object({
        name: z.string(),
        id: z.string(),
        inference_engine: z.object({ name: z.string(), version: z.string() }),
        additional_details: strings,
      }),
      evaluation_results: z.array(
        z.object({
          evaluation_name: z.string(),
          source_data: z.object({
            dataset_name: z.string(),
            source_type: z.literal('other'),
            additional_details: strings,
          }),
          metric_config: z.object({
            lower_is_better: z.boolean(),
            score_type: z.enum(['binary', 'continuous', 'levels']),
            min_score: z.number(),
            max_score: z.number(),
          }),
          score_details: z.object({
            score: z.number(),
            details: strings,
            uncertainty: z.object({
              standard_error: z.object({ value: z.number(), method: z.string() }),
              confidence_interval: z.object({
                lower: z.number(),
                upper: z.number(),
                confidence_level: z.number(),
                method: z.string(),
              }),
              num_samples: z.number().int(),
            }),
          }),
          generation_config: z.object({
            generation_args: z.strictObject({
              temperature: z.number().optional(),
              top_p: z.number().optional(),
              max_tokens: z.number().int().min(1).optional(),
              reasoning: z.boolean().optional(),
            }),
            additional_details: strings,
          }),
        }),
      ),
      detailed_evaluation_results: z.object({
        format: z.enum(['jsonl', 'json']),
        file_path: z.string(),
        hash_algorithm: z.enum(['sha256', 'md5']),
        checksum: z.string(),
        total_rows: z.number().int(),
      }),
    });
    const instance = z.strictObject({
      schema_version: z.string(),
      evaluation_id: z.string(),
      model_id: z.string(),
      evaluation_name: z.string(),
      sample_id: z.string(),
      sample_hash: z.string(),
      interaction_type: z.literal('single_turn'),
      input: z.object({
        raw: z.string(),
        formatted: z.string(),
        reference: z.array(z.string()),
        choices: z.array(z.string()),
      }),
      output: z.object({ raw: z.array(z.string()) }),
      messages: z.null(),
      answer_attribution: z.array(
        z.object({
          turn_idx: z.number().int(),
          source: z.string(),
          extracted_value: z.string(),
          extraction_method: z.string(),
          is_terminal: z.boolean(),
        }),
      ),
      evaluation: z.object({ score: z.number(), is_correct: z.boolean() }),
      token_usage: z.object({
        input_tokens: z.number(),
        output_tokens: z.number(),
        total_tokens: z.number(),
      }),
      performance: z.object({ latency_ms: z.number() }),
      metadata: strings,
    });
    const parsed = aggregate.parse(JSON.parse(await text('every-eval-ever')));
    const lines = (await text('every-eval-ever', 1))
      .trim()
      .split('\n')
      .map((line) => instance.parse(JSON.parse(line)));
    expect(lines).toHaveLength(parsed.detailed_evaluation_results.total_rows);
    expect(lines.every(({ evaluation_id }) => evaluation_id === parsed.evaluation_id)).toBe(true);
    expect(parsed.evaluation_results[0]?.score_details.score).toBe(made.summary.accuracy);
  });

  test('CSV: every row, no formula', async () => {
    const { data, errors } = Papa.parse<Record<string, string>>((await text('csv')).trim(), { header: true });
    expect(errors).toEqual([]);
    expect(data).toHaveLength(made.results.length);
    expect(data.filter(({ right }) => right === '1')).toHaveLength(made.summary.right);
    expect(data.some(({ status }) => status === 'too-long')).toBe(true);
    for (const row of data) expect(row.question).not.toMatch(/^[=+@]/);
    expect(data.map((row) => JSON.parse(row.log_probabilities ?? '') as unknown)).toEqual(
      made.results.map(({ options }) => options.map(({ logProbability }) => logProbability)),
    );
    expect(new Set(data.map(({ engine }) => engine))).toEqual(
      new Set([`${LOADED.engine} ${LOADED.engineVersion}`]),
    );
  });

  test('the HTML report: figures, notice, checklist, hash; no script and nothing to fetch', async () => {
    const html = await text('html');
    expect(html).toContain('SHA-256 of the rows: ');
    expect(html).toContain('Advisory notice');
    expect(html).toContain('to be filled in');
    expect(html).toContain('longer than the window');
    expect(html).not.toMatch(/<script|<link|<img|src=|url\(|@import/i);
    expect(html).toContain('&lt;script&gt;');
  });

  test('the HTML report opens again, and says who signed it and whether all of it fits', async () => {
    const key = await makeSigningKey('Ward <3');
    const [file] = await runFiles(made, 'html', 0, (sha256) => sign(key, 'run', sha256));
    const html = file?.text ?? '';
    const fingerprint = await fingerprintOf(key.publicKey);
    expect(html).toContain(`Signed by “Ward &lt;3”, key ${fingerprint}`);
    const signed = { name: 'Ward <3', fingerprint };
    const read = await readRunPage(html.replaceAll('\n', '\r\n'));
    expect(read).toMatchObject({ unchanged: true, run: { id: 'r' }, signed: { ...signed, fits: true } });
    expect(read.results).toEqual(made.results);
    const forged = html.replace('Missed items', 'Found items');
    expect(await readRunPage(forged)).toMatchObject({ unchanged: false, signed: { ...signed, fits: false } });
    // The hash made anew, as anyone can.
    const mark = '<p class="hash">SHA-256 of the file up to this paragraph: <code>';
    const at = forged.lastIndexOf(mark);
    const anew = await textSha256(forged.slice(0, at));
    const tail = forged.slice(at + mark.length + 64);
    expect(await readRunPage(`${forged.slice(0, at)}${mark}${anew}${tail}`)).toMatchObject({
      unchanged: true,
      signed: { ...signed, fits: false },
    });
    expect(await readRunPage(await text('html'))).toMatchObject({ unchanged: true, signed: null });
    for (const broken of [
      '<p>',
      html.replace('meditron-web-run:1:', ''),
      html.replace(/run:1:.{9}/, 'run:1:'),
    ])
      await expect(readRunPage(broken)).rejects.toMatchObject({ code: 'exams/not-a-run' });
  });

  test('the run’s own file comes back whole, and a changed row is noticed', async () => {
    const file = await text('run');
    const read = await readRunFile(file);
    expect(read).toMatchObject({ unchanged: true, run: { id: 'r' } });
    expect(read.results).toEqual(made.results);
    const changed = JSON.parse(file) as { results: { chosen: number | null }[] };
    const [row] = changed.results;
    if (row) row.chosen = 3;
    expect((await readRunFile(JSON.stringify(changed))).unchanged).toBe(
      row === undefined || made.results[0]?.chosen === 3,
    );
  });
});

const FORMATS = ['lm-eval', 'inspect', 'every-eval-ever', 'csv', 'html', 'run'] as const;

test.each(FORMATS)('%s says where a run ran, and by which engine', async (format) => {
  const text = async (made: RunReport): Promise<string> =>
    (await runFiles(made, format, 1_700_000_200_000)).map((file) => file.text).join('\n');
  const here = await text(await report());
  for (const known of [LOADED.engine, LOADED.engineVersion, LOADED.adapter]) expect(here).toContain(known);
  const there = await text(
    await report({}, ' B', {
      ...LOADED,
      engine: 'remote',
      engineVersion: 'vLLM 0.33.0',
      backend: 'server',
      server: SERVER,
    }),
  );
  for (const known of ['remote', 'vLLM 0.33.0', SERVER.host, SERVER.model, SERVER.fingerprint]) {
    expect(there).toContain(known);
  }
});

test('rated answers say where they were written', async () => {
  const made = await report({ method: WRITTEN }, ' B', { ...LOADED, server: SERVER });
  const rating = { scores: { logic: 4 }, flags: [], at: 1 };
  const rows = ratingRows(made, new Map([[0, rating]]))
    .trim()
    .split('\n');
  expect(rows).toHaveLength(1);
  expect(JSON.parse(rows[0] ?? '')).toMatchObject({
    scores: { logic: 4 },
    ran_on_1: expect.stringContaining(SERVER.host) as string,
  });
});

test('the rated answer is the one that was shown: that of the majority, or the first for ratings of old', () => {
  const reply = (text: string, answer: number | null) => ({
    text,
    tokens: 1,
    finishReason: 'stop' as const,
    seed: 1,
    answer,
  });
  const replies = [reply('it is C', 2), reply('it is B', 1), reply('B, then', 1)];
  const result = testResult(0, { replies, chosen: 1 });
  expect(decidingReply(result)?.text).toBe('it is B');
  expect(decidingIndex({ replies: [reply('?', null), reply('!', null)], chosen: null })).toBe(0);
  const made = reportOf(testRun(), new Map(), [result]);
  const rating = { scores: { logic: 4 }, flags: [], at: 1 };
  const exported = (given: ReplyRating): unknown => JSON.parse(ratingRows(made, new Map([[0, given]])));
  expect(exported({ ...rating, reply: decidingIndex(result) })).toMatchObject({ model_1_answer: 'it is B' });
  expect(exported(rating)).toMatchObject({ model_1_answer: 'it is C' });
});

test('Every Eval Ever has no score of a run with nothing answered, and never null for one', async () => {
  const nothing = reportOf(testRun(), new Map(), [testResult(0, { status: 'too-long', chosen: null })]);
  const [file] = await runFiles(nothing, 'every-eval-ever', 0);
  expect(JSON.parse(file?.text ?? '')).toMatchObject({ evaluation_results: [] });
  const [some] = await runFiles(reportOf(testRun(), new Map(), [testResult(0)]), 'every-eval-ever', 0);
  expect(JSON.parse(some?.text ?? '')).toMatchObject({
    evaluation_results: [{ score_details: { score: 1 } }],
  });
});

test('letters that are not the set’s own are said with their option', () => {
  const item = testItem(1);
  expect(missedText(item, testResult(1, { chosen: 0 }))).toBe('Answered A, right is B');
  const turned = testResult(1, { order: [2, 0, 3, 1], chosen: 0, right: [1, 3] });
  expect(missedText(item, turned)).toBe('Answered A “three 1”, right is B “one 1”, D “two 1”');
  expect(missedText(undefined, { ...turned, chosen: null })).toBe('Not readable, right is B, D');
});

test('which reply was rated is kept', async () => {
  const store = await openTestStore();
  const rated = { scores: { logic: 4 as const }, flags: [], at: 1, reply: 2 };
  await keepRating(store, 'r', 0, rated);
  expect(await readRatings(store, 'r')).toEqual(new Map([[0, rated]]));
});

test('files that are no runs are refused', async () => {
  for (const text of ['', '{', '[]', '{"schema":"meditron-web/run","version":1}']) {
    await expect(readRunFile(text)).rejects.toMatchObject({ code: 'exams/not-a-run' });
  }
  const file = JSON.parse((await runFiles(await report(), 'run', 0))[0]?.text ?? '') as {
    results: { itemId: string }[];
  };
  const [row] = file.results;
  if (row) row.itemId = 'another';
  await expect(readRunFile(JSON.stringify(file))).rejects.toMatchObject({ code: 'exams/not-a-run' });
});

test('runs are compared by what they ask, in whatever order the options stood', async () => {
  const [given, rotated] = [await report(), await report({ order: 'shuffled' })];
  const same = compareRuns(given, given);
  expect(same.paired).toMatchObject({ difference: 0, onlyFirst: 0, onlySecond: 0, mcNemarP: 1 });
  expect(same.agreement.share).toBe(1);
  const compared = compareRuns(given, rotated);
  expect(compared.pairs).toHaveLength(8);
  expect(compared.accuracy).toBe(given.summary.accuracy);
  expect(compared.otherAccuracy).toBe(rotated.summary.accuracy);
});
