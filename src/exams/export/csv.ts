/**
 * One line a question, for spreadsheets and R. Texts and log-probabilities of the options are JSON lists, in the order shown: a bare list
 * that begins with a minus would be taken for a formula, and defused.
 */
import Papa from 'papaparse';
import { FORMULA_LIKE } from '../../lib/spreadsheet.ts';
import { letterOf } from '../items/item.ts';
import { promptOf, whereText, type RunModel } from '../runs/result.ts';
import { isRightResult, keyLetters, shownOptions, type RunReport } from './report.ts';

export function csvOf(report: RunReport): string {
  const origin = originOf(report);
  const rows = report.results.map((result) => {
    const item = report.items.get(result.itemId);
    return {
      n: result.n,
      item_id: result.itemId,
      subject: item?.subject ?? '',
      question: item?.question ?? '',
      options: JSON.stringify(shownOptions(item, result)),
      order: result.order.join(' '),
      status: result.status,
      key: keyLetters(result),
      chosen: result.chosen === null ? '' : letterOf(result.chosen),
      right: result.status === 'answered' ? Number(isRightResult(result)) : '',
      log_probabilities: JSON.stringify(result.options.map(({ logProbability }) => logProbability)),
      option_tokens: result.options.map(({ tokens }) => tokens).join(' '),
      replies: result.replies.length === 0 ? '' : JSON.stringify(result.replies.map(({ text }) => text)),
      prompt_tokens: result.promptTokens,
      elapsed_ms: Math.round(result.elapsedMs),
      prompt: promptOf(report.run, result),
      ...origin,
    };
  });
  return `${Papa.unparse(rows, { escapeFormulae: FORMULA_LIKE })}\r\n`;
}

/** What wrote the rows, and where. In every line, for the form has no head, and rows of several runs end up in one sheet. */
function originOf({ run }: RunReport): Record<string, string> {
  const model: Partial<RunModel> = run.model ?? {};
  return {
    run_id: run.id,
    model: model.displayName ?? '',
    model_id: model.modelId ?? '',
    quantization: model.quantization ?? '',
    engine: `${model.engine ?? ''} ${model.engineVersion ?? ''}`.trim(),
    where: run.model ? whereText(run.model) : '',
    server_fingerprint: model.server?.fingerprint ?? '',
    app_version: run.appVersion,
  };
}
