import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunReport } from '../../models/measure/run-report.ts';
import { ROOT } from '../build/build.ts';
import { readReports, tableOf, withTable } from './verified-table.ts';

const REPORT: RunReport = {
  schema: 1,
  kind: 'meditron-web-run',
  date: '2026-11-29T10:00:00.000Z',
  app: { version: '0.1.0', commit: 'abc' },
  browser: 'Chromium 142',
  adapter: 'A | B',
  backend: 'webgpu',
  engine: { kind: 'mlc', version: 'web-llm 0.2.86' },
  model: {
    id: 'meditron-7b',
    name: 'Meditron-7B',
    quantization: 'q4f16_1',
    source: '',
    sourceSha256: '',
    librarySha256: '',
    contextLength: 2048,
  },
  loadMs: 21_340,
  speeds: {
    promptTokens: 200,
    prefillTokensPerSecond: 412.3,
    writtenTokens: 64,
    decodeTokensPerSecond: 31.25,
  },
  replies: [],
};

it('the README shows what docs/verified holds', () => {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  expect(withTable(readme, tableOf(readReports()))).toBe(readme);
});

it('a run is a line', () => {
  const [, , line] = tableOf([REPORT]).split('\n');
  expect(line?.split('|').map((cell) => cell.trim())).toEqual([
    '',
    '2026-11-29',
    'A / B',
    'Chromium 142',
    'Meditron-7B, q4f16_1',
    'web-llm 0.2.86',
    '21.3 s',
    '412 tokens/s',
    '31.3 tokens/s',
    '',
  ]);
  expect(tableOf([{ ...REPORT, speeds: null, loadMs: null }])).toMatch(/not timed +\| too slow +\| too slow/);
});

it('a README without its place is refused', () => {
  expect(() => withTable('# Nothing', '')).toThrow(/lacks/);
});
