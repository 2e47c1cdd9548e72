/** Every Eval Ever, schema 0.2.1 (arXiv 2606.14516): one aggregate file and a line a question. */
import { serverTitle } from '../../engine/tab/server-title.ts';
import { letterOf } from '../items/item.ts';
import { promptOf } from '../runs/result.ts';
import type { NamedText } from './lm-eval.ts';
import { isRightResult, settingText, shownOptions, taskName, type RunReport } from './report.ts';
import { sha256 } from './rows-hash.ts';

const VERSION = '0.2.1';

/** @param now seconds since the epoch, when the record is made. */
export async function everyEvalEverFiles(report: RunReport, now: number): Promise<readonly NamedText[]> {
  const { run, summary } = report;
  const task = taskName(run);
  const model = run.model?.modelId ?? 'unknown';
  const evaluationId = `${task}/${model}/${Math.floor(now)}`;
  const { method } = run.plan;
  const lines: string[] = [];
  for (const result of report.results) {
    if (result.status !== 'answered') continue;
    const item = report.items.get(result.itemId);
    const options = shownOptions(item, result);
    const reference = result.right.map((position) => options[position] ?? '');
    const raw = result.replies.map(({ text }) => text);
    const answer = result.chosen === null ? '' : letterOf(result.chosen);
    const outputTokens = result.replies.reduce((sum, { tokens }) => sum + tokens, 0);
    const question = item?.question ?? '';
    lines.push(
      JSON.stringify({
        schema_version: VERSION,
        evaluation_id: evaluationId,
        model_id: model,
        evaluation_name: task,
        sample_id:
          run.plan.order === 'rotations' ? `${result.itemId}#${result.order[0] ?? 0}` : result.itemId,
        sample_hash: await sha256(question + reference.join('')),
        interaction_type: 'single_turn',
        input: { raw: question, formatted: promptOf(run, result), reference, choices: options },
        output: { raw: raw.length > 0 ? raw : [answer] },
        messages: null,
        answer_attribution: [
          {
            turn_idx: 0,
            source: 'output.raw',
            extracted_value: answer,
            extraction_method: method.kind === 'written' ? method.extraction : 'highest_log_probability',
            is_terminal: true,
          },
        ],
        evaluation: { score: isRightResult(result) ? 1 : 0, is_correct: isRightResult(result) },
        token_usage: {
          input_tokens: result.promptTokens,
          output_tokens: outputTokens,
          total_tokens: result.promptTokens + outputTokens,
        },
        performance: { latency_ms: result.elapsedMs },
        metadata: {
          subject: item?.subject ?? '',
          log_probabilities: JSON.stringify(result.options.map(({ logProbability }) => logProbability)),
        },
      }),
    );
  }
  const samples = lines.map((line) => `${line}\n`).join('');
  const samplesName = `${task}_samples.jsonl`;
  const aggregate = {
    schema_version: VERSION,
    evaluation_id: evaluationId,
    evaluation_timestamp: String(Math.floor((run.finishedAt ?? run.createdAt) / 1000)),
    retrieved_timestamp: String(Math.floor(now)),
    source_metadata: {
      source_name: 'Meditron Web',
      source_type: 'evaluation_run',
      source_organization_name: 'Unknown',
      evaluator_relationship: 'third_party',
    },
    eval_library: { name: 'meditron-web', version: run.appVersion || 'unknown' },
    model_info: {
      name: run.model?.displayName ?? 'unknown',
      id: model,
      inference_engine: { name: run.model?.engine ?? '', version: run.model?.engineVersion ?? '' },
      additional_details: {
        quantization: run.model?.quantization ?? '',
        backend: run.model?.backend ?? '',
        adapter: run.model?.adapter ?? '',
        ...(run.model?.server && {
          server: serverTitle(run.model.server),
          served_model: run.model.server.model,
          server_fingerprint: run.model.server.fingerprint,
        }),
        source: run.model?.source ?? '',
        source_sha256: run.model?.sourceSha256 ?? '',
        library_sha256: run.model?.librarySha256 ?? '',
      },
    },
    // A score is a number: of nothing there is none.
    evaluation_results:
      summary.n === 0
        ? []
        : [
            {
              evaluation_name: task,
              source_data: {
                dataset_name: run.plan.setTitle,
                source_type: 'other',
                additional_details: { sha256: run.plan.setSha256, items: String(run.plan.itemIds.length) },
              },
              metric_config: {
                evaluation_description: `Accuracy; ${settingText(run)}`,
                lower_is_better: false,
                score_type: 'continuous',
                min_score: 0,
                max_score: 1,
              },
              score_details: {
                score: summary.accuracy,
                details: {
                  unreadable: String(summary.unreadable),
                  too_long: String(report.tooLong),
                  chance: String(summary.chance),
                },
                uncertainty: {
                  ...(Number.isNaN(summary.standardError)
                    ? {}
                    : { standard_error: { value: summary.standardError, method: 'analytic' } }),
                  confidence_interval: { ...summary.interval, confidence_level: 0.95, method: 'wilson' },
                  num_samples: summary.n,
                },
              },
              generation_config: {
                generation_args:
                  method.kind === 'written'
                    ? {
                        temperature: method.temperature,
                        top_p: method.topP,
                        max_tokens: method.maxTokens,
                        reasoning: method.chainOfThought,
                      }
                    : {},
                additional_details: {
                  form: run.plan.form,
                  examples: String(run.plan.examples.k),
                  seed: String(run.plan.seed),
                },
              },
            },
          ],
    detailed_evaluation_results: {
      format: 'jsonl',
      file_path: samplesName,
      hash_algorithm: 'sha256',
      checksum: await sha256(samples),
      total_rows: lines.length,
    },
  };
  return [
    { name: `${task}.json`, text: `${JSON.stringify(aggregate, null, 2)}\n` },
    { name: samplesName, text: samples },
  ];
}
