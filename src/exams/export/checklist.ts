/** Topics of the reporting lists CHART (12) and TRIPOD-LLM (19), in our own words; what the app knows of a run, by topic. */
import { whereText } from '../runs/result.ts';
import { percent as percentText } from './figures.ts';
import { settingText, type RunReport } from './report.ts';

export interface ChecklistItem {
  readonly id: string;
  readonly list: 'CHART' | 'TRIPOD-LLM';
  readonly item: string;
}

const chart = (id: string, item: string): ChecklistItem => ({ id, list: 'CHART', item });
const tripod = (id: string, item: string): ChecklistItem => ({ id, list: 'TRIPOD-LLM', item });

export const CHECKLIST: readonly ChecklistItem[] = [
  chart('c-title', 'Title and abstract say that a language model is assessed'),
  chart('c-background', 'Background and rationale'),
  chart('c-model', 'Model identifiers: name, version, size, access'),
  chart('c-details', 'Model details: base or fine-tuned, quantisation, engine'),
  chart('c-prompt', 'How prompts were made, and their exact text'),
  chart('c-query', 'How the model was queried: dates, settings, sessions'),
  chart('c-performance', 'How performance was judged, against which reference'),
  chart('c-sample', 'Sample size and how it was chosen'),
  chart('c-analysis', 'Statistical analysis'),
  chart('c-results', 'Results with their uncertainty'),
  chart('c-implications', 'Interpretation, limits and implications'),
  chart('c-open', 'Funding, conflicts, ethics, data and code'),
  tripod('t-title', 'Title'),
  tripod('t-abstract', 'Abstract'),
  tripod('t-background', 'Background and intended use'),
  tripod('t-objectives', 'Objectives'),
  tripod('t-data', 'Data: source, dates, whether it may have been seen in training'),
  tripod('t-preparation', 'Preparation of the data'),
  tripod('t-methods', 'Model, version and inference settings'),
  tripod('t-output', 'Form of the output and how it is scored'),
  tripod('t-annotation', 'Reference labels and who made them'),
  tripod('t-prompting', 'Prompting: design, examples, exact text'),
  tripod('t-summarization', 'Processing of long inputs'),
  tripod('t-tuning', 'Instruction tuning or alignment'),
  tripod('t-compute', 'Compute'),
  tripod('t-ethics', 'Ethics approval'),
  tripod('t-open', 'Open science: funding, conflicts, protocol, data, code'),
  tripod('t-public', 'Involvement of patients and the public'),
  tripod('t-participants', 'Items: number, missing, left out'),
  tripod('t-performance', 'Performance with confidence intervals, by subgroup'),
  tripod('t-discussion', 'Interpretation, limits, use'),
];

/** By the item's id; what is missing stays blank. */
export function checklistRows(report: RunReport): ReadonlyMap<string, string> {
  const { run, summary } = report;
  const { model, plan } = run;
  const identifiers = `${model?.displayName ?? ''} (${model?.modelId ?? ''}), SHA-256 ${model?.sourceSha256 ?? 'not known'}`;
  const where = model ? whereText(model) : '';
  const details = `${model?.quantization ?? ''}, ${model?.engine ?? ''} ${model?.engineVersion ?? ''} ${where}, window ${model?.contextLength ?? ''} tokens`;
  const prompts = `Form “${plan.form}”, ${plan.examples.k} examples (seed ${plan.examples.seed}); every exact prompt is in the exported rows`;
  const sample = `${plan.itemIds.length} items of “${plan.setTitle}” (SHA-256 ${plan.setSha256}), ${report.results.length - report.tooLong} questions put, ${report.tooLong} longer than the window, ${summary.unreadable} not readable`;
  const results = `${summary.right} of ${summary.n}, ${percentText(summary.accuracy)} (95 % interval ${percentText(summary.interval.lower)} to ${percentText(summary.interval.upper)})`;
  const analysis =
    'Accuracy with Wilson’s interval and the standard error of the mean; calibration by expected calibration error and Brier score; bias by recall of letters';
  return new Map([
    ['c-model', identifiers],
    ['c-details', details],
    ['c-prompt', prompts],
    [
      'c-query',
      `${new Date(run.createdAt).toISOString()}, ${settingText(run)}; each question in a prompt of its own`,
    ],
    ['c-performance', 'Against the set’s key'],
    ['c-sample', sample],
    ['c-analysis', analysis],
    ['c-results', results],
    ['t-methods', `${identifiers}; ${details}`],
    ['t-output', settingText(run)],
    ['t-prompting', prompts],
    ['t-summarization', 'None: an item longer than the window is not asked and is counted'],
    [
      't-compute',
      `${where}, ${Math.round(report.results.reduce((sum, { elapsedMs }) => sum + elapsedMs, 0) / 1000)} s`,
    ],
    ['t-participants', sample],
    ['t-performance', results],
  ]);
}
