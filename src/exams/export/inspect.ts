/** Inspect's EvalLog, version 2, as one JSON file. https://inspect.aisi.org.uk/eval-logs.html */
import { serverTitle } from '../../engine/tab/server-title.ts';
import { letterOf } from '../items/item.ts';
import { promptOf, type Result } from '../runs/result.ts';
import {
  decidingReply,
  isRightResult,
  settingText,
  shownOptions,
  taskName,
  type RunReport,
} from './report.ts';

export function inspectLog(report: RunReport): string {
  const { run, summary } = report;
  const task = taskName(run);
  const created = new Date(run.createdAt).toISOString();
  const completed = new Date(run.finishedAt ?? run.createdAt).toISOString();
  const model = `meditron-web/${run.model?.modelId ?? 'none'}`;
  const answered = report.results.filter(({ status }) => status === 'answered');
  const tokens = answered.map(usageOf);
  const usage = {
    input_tokens: tokens.reduce((sum, each) => sum + each.input_tokens, 0),
    output_tokens: tokens.reduce((sum, each) => sum + each.output_tokens, 0),
    total_tokens: tokens.reduce((sum, each) => sum + each.total_tokens, 0),
  };
  const log = {
    version: 2,
    status: run.state === 'done' ? 'success' : 'cancelled',
    eval: {
      eval_id: run.id,
      run_id: run.id,
      created,
      task,
      task_id: task,
      task_version: 0,
      task_attribs: {},
      task_args: {
        form: run.plan.form,
        examples: run.plan.examples.k,
        order: run.plan.order,
        seed: run.plan.seed,
      },
      dataset: {
        name: run.plan.setTitle,
        samples: run.plan.itemIds.length,
        sample_ids: run.plan.itemIds,
        shuffled: false,
      },
      model,
      model_args: {
        quantization: run.model?.quantization ?? '',
        engine: run.model?.engine ?? '',
        engine_version: run.model?.engineVersion ?? '',
        backend: run.model?.backend ?? '',
        adapter: run.model?.adapter ?? '',
        ...(run.model?.server && {
          server: serverTitle(run.model.server),
          served_model: run.model.server.model,
          server_fingerprint: run.model.server.fingerprint,
        }),
      },
      config: {},
      packages: { 'meditron-web': run.appVersion },
      metadata: { set_sha256: run.plan.setSha256, source_sha256: run.model?.sourceSha256 ?? '' },
      scorers: null,
    },
    plan: {
      name: 'plan',
      steps: [{ solver: 'multiple_choice', params: { setting: settingText(run) } }],
      config: {},
    },
    results: {
      total_samples: run.total,
      completed_samples: answered.length,
      scores: [
        {
          name: 'choice',
          scorer: 'choice',
          params: {},
          metrics: {
            accuracy: { name: 'accuracy', value: finite(summary.accuracy), params: {} },
            stderr: { name: 'stderr', value: finite(summary.standardError), params: {} },
          },
        },
      ],
    },
    stats: { started_at: created, completed_at: completed, model_usage: { [model]: usage } },
    samples: answered.map((result) => sample(report, result, model)),
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}

/** JSON has no NaN: a figure that does not exist is 0 for want of a null in the format; `completed_samples` says so. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : 0;
}

function usageOf(result: Result): { input_tokens: number; output_tokens: number; total_tokens: number } {
  const output = result.replies.reduce((sum, { tokens }) => sum + tokens, 0);
  return {
    input_tokens: result.promptTokens,
    output_tokens: output,
    total_tokens: result.promptTokens + output,
  };
}

function sample({ run, items }: RunReport, result: Result, model: string) {
  const item = items.get(result.itemId);
  const answer = result.chosen === null ? '' : letterOf(result.chosen);
  const content = decidingReply(result)?.text ?? answer;
  const prompt = promptOf(run, result);
  return {
    // Rotations of an item are epochs of its sample.
    id: result.itemId,
    epoch: run.plan.order === 'rotations' ? (result.order[0] ?? 0) + 1 : 1,
    input: item?.question ?? '',
    choices: shownOptions(item, result),
    target: result.right.map(letterOf),
    messages: [
      { role: 'user', content: prompt },
      { role: 'assistant', content, source: 'generate' },
    ],
    output: {
      model,
      choices: [
        { message: { role: 'assistant', content, source: 'generate' }, stop_reason: stopReason(result) },
      ],
      usage: usageOf(result),
      time: result.elapsedMs / 1000,
    },
    scores: {
      choice: {
        value: isRightResult(result) ? 'C' : 'I',
        answer,
        explanation: result.options
          .map(({ continuation, logProbability }) => `${continuation}: ${logProbability}`)
          .join('\n'),
      },
    },
    metadata: { subject: item?.subject ?? '', order: result.order },
    store: {},
    events: [],
    model_usage: {},
    attachments: {},
  };
}

function stopReason(result: Result): string {
  return decidingReply(result)?.finishReason === 'length' ? 'max_tokens' : 'stop';
}
