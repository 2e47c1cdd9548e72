/** What the Export menu of a run does. Loaded when it is first used. */
import { fileName } from '../../transcripts/format/file-name.ts';
import { download } from '../../transcripts/export/save-file.ts';
import { noteActivityHere } from '../../conversations/data/activity/activity.ts';
import { ownSigner } from '../../transcripts/signing/own-key.ts';
import { csvOf } from './csv.ts';
import { everyEvalEverFiles } from './every-eval-ever.ts';
import { inspectLog } from './inspect.ts';
import { lmEvalFiles, type NamedText } from './lm-eval.ts';
import type { RunReport } from './report.ts';
import { runFileText } from './run-file.ts';

export type RunExportFormat = 'lm-eval' | 'inspect' | 'every-eval-ever' | 'csv' | 'html' | 'run';

export async function runFiles(
  report: RunReport,
  format: RunExportFormat,
  now: number,
  sign: Parameters<typeof runFileText>[1] = null,
): Promise<readonly NamedText[]> {
  const { run } = report;
  const name = (extension: string): string =>
    fileName(`${run.plan.setTitle} ${run.model?.displayName ?? ''}`, now, extension);
  switch (format) {
    case 'lm-eval':
      return lmEvalFiles(report);
    case 'inspect':
      return [{ name: name('.inspect.json'), text: inspectLog(report) }];
    case 'every-eval-ever':
      return everyEvalEverFiles(report, now / 1000);
    case 'csv':
      return [{ name: name('.csv'), text: csvOf(report) }];
    case 'html': {
      const { htmlReport } = await import('./html-report.tsx');
      return [{ name: name('.html'), text: await htmlReport(report, sign) }];
    }
    case 'run':
      return [{ name: name('.run.json'), text: await runFileText(report, sign) }];
  }
}

/** @returns the names of the files that were saved. */
export async function saveRun(report: RunReport, format: RunExportFormat): Promise<readonly string[]> {
  const files = await runFiles(report, format, Date.now(), await ownSigner('run'));
  for (const { name, text } of files) download(new File([text], name, { type: typeOf(name) }));
  noteActivityHere({ kind: 'exported', what: 'run', form: format });
  return files.map(({ name }) => name);
}

function typeOf(name: string): string {
  if (name.endsWith('.html')) return 'text/html';
  if (name.endsWith('.csv')) return 'text/csv';
  return name.endsWith('.jsonl') ? 'application/jsonl' : 'application/json';
}
