/** What a run of a model on somebody's machine was like, as a file: `docs/verified/` holds those of maintainers. */
import { z } from '../../lib/zod.ts';
import type { LoadedModel } from '../../engine/port.ts';
import { measureSpeeds, write, type Generate } from './trial.ts';

const name = z.string().max(2000);
const figure = z.number().nonnegative();

export const runReportSchema = z.object({
  schema: z.literal(1),
  kind: z.literal('meditron-web-run'),
  /** ISO 8601, UTC. */
  date: z.iso.datetime(),
  app: z.object({ version: name, commit: name }),
  /** As the browser names itself and the adapter; both mask what would identify a machine. */
  browser: name,
  adapter: name,
  backend: z.enum(['webgpu', 'cpu']),
  engine: z.object({ kind: name, version: name }),
  model: z.object({
    id: name,
    name,
    quantization: name,
    source: name,
    sourceSha256: name,
    librarySha256: name,
    contextLength: z.number().int().positive(),
  }),
  /** Milliseconds from Load to ready; null: it was loaded before anybody looked. */
  loadMs: figure.nullable(),
  /** null: not one token in five seconds. */
  speeds: z
    .object({
      promptTokens: figure,
      prefillTokensPerSecond: figure,
      writtenTokens: figure,
      decodeTokensPerSecond: figure.nullable(),
    })
    .nullable(),
  /** Greedy replies to fixed questions: equal hashes, equal words. */
  replies: z
    .array(z.object({ question: name, tokens: figure, sha256: z.string().regex(/^[0-9a-f]{64}$/) }))
    .max(20),
});

export type RunReport = Readonly<z.infer<typeof runReportSchema>>;

/** Those of `npm run e2e:mlc`. */
export const REPORT_QUESTIONS = [
  'What is this app?',
  'How do I get Meditron-7B?',
  'Does what I type leave my computer?',
];
const REPLY_TOKENS = 32;

export interface ReportParts {
  readonly loaded: LoadedModel;
  readonly generate: Generate;
  readonly loadMs: number | null;
  readonly app: RunReport['app'];
  readonly userAgent: string;
  readonly now: Date;
  readonly signal: AbortSignal;
  /** Told 0–1. */
  readonly onProgress?: (share: number) => void;
}

/** Measures, and asks the fixed questions. @throws AppError what the engine throws; `aborted`. */
export async function makeRunReport(parts: ReportParts): Promise<RunReport> {
  const { loaded, generate, loadMs, app, userAgent, now, signal, onProgress } = parts;
  const steps = REPORT_QUESTIONS.length + 1;
  const speeds = await measureSpeeds(generate, signal);
  onProgress?.(1 / steps);
  const replies: RunReport['replies'] = [];
  for (const [index, question] of REPORT_QUESTIONS.entries()) {
    const prompt = `### User: ${question}\n### Assistant:`;
    const { text, tokens } = await write(generate, prompt, REPLY_TOKENS, ['###'], signal);
    replies.push({ question, tokens, sha256: await sha256(text) });
    onProgress?.((index + 2) / steps);
  }
  return runReportSchema.parse({
    schema: 1,
    kind: 'meditron-web-run',
    date: now.toISOString(),
    app,
    browser: browserName(userAgent),
    adapter: loaded.adapter,
    backend: loaded.backend,
    engine: { kind: loaded.engine, version: loaded.engineVersion },
    model: {
      id: loaded.modelId,
      name: loaded.displayName,
      quantization: loaded.quantization,
      // A file's own name may be a person's.
      source: /^https?:/.test(loaded.source) ? loaded.source : '',
      sourceSha256: loaded.sourceSha256,
      librarySha256: loaded.librarySha256,
      contextLength: loaded.contextLength,
    },
    loadMs,
    speeds,
    replies,
  });
}

/** e.g. `2026-11-29-apple-m3.json`. */
export function reportFileName({ date, adapter, backend }: RunReport): string {
  const where = (adapter === '' ? backend : adapter).toLowerCase().replaceAll(/[^a-z0-9]+/g, '-');
  return `${date.slice(0, 10)}-${where.replaceAll(/^-+|-+$/g, '').slice(0, 60) || 'unnamed'}.json`;
}

/** Name and version, no more of what a browser tells. */
export function browserName(userAgent: string): string {
  for (const [pattern, called] of [
    [/\bEdg\/(\d+)/, 'Edge'],
    [/\bOPR\/(\d+)/, 'Opera'],
    [/\bFirefox\/(\d+)/, 'Firefox'],
    [/\bChrome\/(\d+)/, 'Chromium'],
    [/\bVersion\/(\d+[\d.]*) .*Safari/, 'Safari'],
  ] as const) {
    const version = pattern.exec(userAgent)?.[1];
    if (version !== undefined) return `${called} ${version}`;
  }
  return 'another browser';
}

async function sha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
