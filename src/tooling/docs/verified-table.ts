/** `npm run verified`: draws the README's table of runs on real machines from the files of `docs/verified/`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { runReportSchema, type RunReport } from '../../models/measure/run-report.ts';
import { ROOT } from '../build/build.ts';

export const VERIFIED_FOLDER = join(ROOT, 'docs/verified');
const README = join(ROOT, 'README.md');
const [BEGIN, END] = ['<!-- verified: made by npm run verified -->', '<!-- /verified -->'];

/** @throws Error that names the file, when one is no report. */
export function readReports(folder = VERIFIED_FOLDER): readonly RunReport[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const parsed = runReportSchema.safeParse(JSON.parse(readFileSync(join(folder, name), 'utf8')));
      if (!parsed.success) throw new Error(`docs/verified/${name} is no report: ${parsed.error.message}`);
      return parsed.data;
    });
}

/** As the formatter lays tables out. */
export function tableOf(reports: readonly RunReport[]): string {
  if (reports.length === 0)
    return 'No run on a real graphics processor has been reported yet ([docs/verified/](docs/verified/)).';
  const head = ['Date', 'Adapter', 'Browser', 'Model', 'Engine', 'Load', 'Reads', 'Writes'];
  const rows = reports.map(({ date, adapter, backend, browser, model, engine, loadMs, speeds }) => [
    date.slice(0, 10),
    adapter === '' ? backend : adapter,
    browser,
    `${model.name}, ${model.quantization}`,
    engine.version,
    loadMs === null ? 'not timed' : `${(loadMs / 1000).toFixed(1)} s`,
    speedText(speeds?.prefillTokensPerSecond ?? null, 0),
    speedText(speeds?.decodeTokensPerSecond ?? null, 1),
  ]);
  // A bar would end the cell.
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '/')));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [first = [], ...rest] = cells;
  return [line(first), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n');
}

function speedText(tokensPerSecond: number | null, digits: number): string {
  return tokensPerSecond === null ? 'too slow' : `${tokensPerSecond.toFixed(digits)} tokens/s`;
}

/** @throws Error when the README has lost its place for the table. */
export function withTable(readme: string, table: string): string {
  const [from, to] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`README.md lacks ${BEGIN} … ${END}`);
  return `${readme.slice(0, from + BEGIN.length)}\n\n${table}\n\n${readme.slice(to)}`;
}

export function writeVerifiedTable(): void {
  writeFileSync(README, withTable(readFileSync(README, 'utf8'), tableOf(readReports())));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeVerifiedTable();
