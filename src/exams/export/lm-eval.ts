/**
 * lm-evaluation-harness's two files: `results_{time}.json` and `samples_{task}_{time}.jsonl`, as `EvaluationTracker` writes them.
 * Whether an option was what greedy decoding would have written is not measured here and given as "None".
 */
import { serverTitle } from '../../engine/tab/server-title.ts';
import { stopsOf } from '../runs/forms.ts';
import { promptOf, whereText } from '../runs/result.ts';
import type { RunPlan } from '../runs/run-plan.ts';
import { decidingReply, isRightResult, shownOptions, taskName, type RunReport } from './report.ts';
import { sha256 } from './rows-hash.ts';

export interface NamedText {
  readonly name: string;
  readonly text: string;
}

export async function lmEvalFiles(report: RunReport): Promise<readonly NamedText[]> {
  const { run, summary } = report;
  const task = taskName(run);
  const time = new Date(run.finishedAt ?? run.createdAt).toISOString().replaceAll(':', '-');
  const { method } = run.plan;
  const generation = generationOf(run.plan);
  // As the harness names its filter of a majority of repeats.
  const filter = method.kind === 'written' && method.branches > 1 ? `maj@${method.branches}` : 'none';
  // The harness's `acc` chooses by the sum, its `acc_norm` by the sum over the option's characters.
  const byCharacters = method.kind === 'option-texts' && method.normalise === 'characters';
  const metric = byCharacters ? 'acc_norm' : 'acc';
  const lines: string[] = [];
  let hashes = '';
  for (const result of report.results) {
    if (result.status !== 'answered') continue;
    const item = report.items.get(result.itemId);
    const doc = {
      id: result.itemId,
      question: item?.question ?? '',
      context: item?.context ?? '',
      options: shownOptions(item, result),
      answer: result.right,
      subject: item?.subject ?? '',
    };
    const prompt = promptOf(run, result);
    const target = String(result.right[0] ?? '');
    const docHash = await sha256(JSON.stringify(doc, null, 2));
    hashes += docHash;
    const scored = result.options.length > 0;
    const pairs = scored
      ? result.options.map(({ continuation, logProbability }) => ({
          continuation,
          response: [String(logProbability), 'None'] as const,
        }))
      : [];
    lines.push(
      JSON.stringify({
        doc_id: result.n,
        doc,
        target,
        arguments: Object.fromEntries<unknown>(
          scored
            ? pairs.map(({ continuation }, index) => [
                `gen_args_${index}`,
                { arg_0: prompt, arg_1: continuation },
              ])
            : [['gen_args_0', { arg_0: prompt, arg_1: generation ?? {} }]],
        ),
        resps: scored ? pairs.map(({ response }) => [response]) : [result.replies.map(({ text }) => text)],
        filtered_resps: scored ? pairs.map(({ response }) => response) : [decidingReply(result)?.text ?? ''],
        filter,
        metrics: [metric],
        doc_hash: docHash,
        prompt_hash: await sha256(prompt),
        target_hash: await sha256(target),
        [metric]: isRightResult(result) ? 1 : 0,
      }),
    );
  }
  const results = {
    results: {
      [task]: {
        alias: run.plan.setTitle,
        [`${metric},${filter}`]: known(summary.accuracy),
        [`${metric}_stderr,${filter}`]: known(summary.standardError),
      },
    },
    group_subtasks: { [task]: [] },
    configs: {
      [task]: {
        task,
        output_type: method.kind === 'written' ? 'generate_until' : 'multiple_choice',
        ...(method.kind === 'written' && { generation_kwargs: generation, repeats: method.branches }),
        num_fewshot: run.plan.examples.k,
        fewshot_delimiter: '\n\n',
        target_delimiter: ' ',
        metric_list: [{ metric, aggregation: 'mean', higher_is_better: true }],
        metadata: {
          version: 1,
          set_sha256: run.plan.setSha256,
          form: run.plan.form,
          ...(method.kind === 'option-texts' && { normalise: method.normalise }),
        },
      },
    },
    versions: { [task]: 1 },
    'n-shot': { [task]: run.plan.examples.k },
    higher_is_better: { [task]: { [metric]: true } },
    // Each turn of an item is a sample of its own.
    'n-samples': { [task]: { original: run.total, effective: summary.n } },
    config: {
      model: `meditron-web-${run.model?.engine ?? 'none'}`,
      model_args: `pretrained=${run.model?.modelId ?? ''},quantization=${run.model?.quantization ?? ''}`,
      // What a model of the harness tells of itself (`get_model_info`) stands here, too.
      engine: run.model?.engine ?? '',
      engine_version: run.model?.engineVersion ?? '',
      ...(run.model?.server && {
        server: serverTitle(run.model.server),
        served_model: run.model.server.model,
        server_fingerprint: run.model.server.fingerprint,
      }),
      batch_size: 1,
      device: run.model ? whereText(run.model) : null,
      limit: null,
      random_seed: run.plan.seed,
      fewshot_seed: run.plan.examples.seed,
    },
    git_hash: null,
    date: run.createdAt / 1000,
    task_hashes: { [task]: await sha256(hashes) },
    model_source: run.model?.source ?? '',
    model_name: run.model?.displayName ?? '',
    model_name_sanitized: (run.model?.displayName ?? '').replaceAll(/[^\w.-]/g, '_'),
    start_time: run.createdAt / 1000,
    end_time: (run.finishedAt ?? run.createdAt) / 1000,
    total_evaluation_time_seconds: String(
      report.results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000,
    ),
  };
  return [
    { name: `results_${time}.json`, text: `${JSON.stringify(results, null, 2)}\n` },
    { name: `samples_${task}_${time}.jsonl`, text: lines.map((line) => `${line}\n`).join('') },
  ];
}

/** As the harness writes a figure that does not exist. */
function known(figure: number): number | 'N/A' {
  return Number.isNaN(figure) ? 'N/A' : figure;
}

/** How replies were written, in the harness's words; null where none were. */
function generationOf({ method, form, chatFormat }: RunPlan): Record<string, unknown> | null {
  if (method.kind !== 'written') return null;
  const drawn = method.temperature > 0;
  return {
    until: stopsOf({ form, chatFormat }),
    do_sample: drawn,
    ...(drawn && { temperature: method.temperature, top_p: method.topP }),
    max_gen_toks: method.maxTokens,
  };
}
