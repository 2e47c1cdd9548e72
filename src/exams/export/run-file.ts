/** A run as a file of the app's own: its plan, its items and its rows, to look at, or to run again, on another machine. */
import { z } from '../../lib/zod.ts';
import { AppError } from '../../errors/app-error.ts';
import {
  checkSignature,
  signatureRecord,
  type Signature,
  type Signed,
} from '../../formats/signature/signature.ts';
import { canonicalJson, contentHash } from '../../transcripts/format/integrity/canonical.ts';
import { itemSchema, type Item } from '../items/item.ts';
import { MAX_FILE_BYTES, MAX_ITEMS } from '../items/limits.ts';
import { examplesOfSubjects } from '../runs/run-plan.ts';
import { resultSchema, runSchema, type Result, type Run } from '../runs/result.ts';
import type { RunReport } from './report.ts';
import { rowsSha256 } from './rows-hash.ts';

export const RUN_FILE_SCHEMA = 'meditron-web/run';

const runFileSchema = z.object({
  schema: z.literal(RUN_FILE_SCHEMA),
  version: z.literal(1),
  run: runSchema,
  /** The asked ones and the examples. */
  items: z.array(itemSchema).min(1).max(MAX_ITEMS),
  results: z.array(resultSchema).max(MAX_ITEMS * 26),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  /** Over the hash of run, items and results, each as canonical JSON and a line feed: who vouches for all of it. */
  signature: signatureRecord.optional(),
});

export interface RunFile {
  readonly run: Run;
  readonly items: readonly Item[];
  readonly results: readonly Result[];
  /** False: the rows are not the ones that were exported. */
  readonly unchanged: boolean;
  readonly signed: Signed | null;
}

export async function runFileText(
  { run, items, results }: RunReport,
  sign: ((sha256: string) => Promise<Signature>) | null = null,
): Promise<string> {
  const wanted = new Set([...run.plan.itemIds, ...run.plan.examples.ids]);
  const { k, pick, split } = run.plan.examples;
  if (pick === 'first-of-subject')
    for (const { id } of examplesOfSubjects([...items.values()], k, split)) wanted.add(id);
  const kept = [...items.values()].filter(({ id }) => wanted.has(id));
  const file: z.input<typeof runFileSchema> = {
    schema: RUN_FILE_SCHEMA,
    version: 1,
    run,
    items: kept,
    results: [...results],
    sha256: await rowsSha256(results),
    ...(sign && { signature: await sign(await wholeSha256({ run, items: kept, results })) }),
  };
  return `${JSON.stringify(file, null, 1)}\n`;
}

/** @throws AppError `exams/not-a-run`, `exams/too-large`. */
export async function readRunFile(text: string): Promise<RunFile> {
  if (text.length > MAX_FILE_BYTES) {
    throw new AppError('exams/too-large', `more than ${MAX_FILE_BYTES} characters`, {
      limit: MAX_FILE_BYTES,
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (thrown) {
    throw new AppError('exams/not-a-run', String(thrown), {}, { cause: thrown });
  }
  const parsed = runFileSchema.safeParse(value);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('exams/not-a-run', `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  const { run, items, results, sha256 } = parsed.data;
  const known = new Set(items.map(({ id }) => id));
  const numbers = new Set(results.map(({ n }) => n));
  const fits =
    run.plan.itemIds.every((id) => known.has(id)) &&
    numbers.size === results.length &&
    results.every((row) => row.runId === run.id && row.n < run.total && known.has(row.itemId));
  if (!fits) throw new AppError('exams/not-a-run', 'its rows, items and plan do not belong together');
  const { signature } = parsed.data;
  const signed = signature
    ? await checkSignature(signature, 'run', await wholeSha256({ run, items, results }))
    : null;
  return { run, items, results, unchanged: (await rowsSha256(results)) === sha256, signed };
}

/** Plan and model, too: a signature is of all that a report says. */
async function wholeSha256(parts: Pick<RunFile, 'run' | 'items' | 'results'>): Promise<string> {
  const hash = await contentHash();
  for (const part of [parts.run, parts.items, parts.results]) hash.update(`${canonicalJson(part)}\n`);
  return hash.digest();
}
