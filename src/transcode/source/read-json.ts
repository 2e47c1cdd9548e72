import type { ByteSource } from '../../lib/byte-source.ts';
import { AppError } from '../../errors/app-error.ts';
import type { z } from '../../lib/zod.ts';
import { MAX_JSON_BYTES } from '../../formats/limits.ts';

/** A side file of a model folder, whole. @throws AppError `transcode/over-limit`, and what the source throws */
export async function readWhole(source: ByteSource, signal?: AbortSignal): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > MAX_JSON_BYTES) {
    throw new AppError('transcode/over-limit', `${source.name} is absurdly large`, { size: source.size });
  }
  return source.read(0, source.size, signal);
}

/** Texts, which may say anything, and the words for numbers that JSON has not but Python's `json` writes. */
const TEXT_OR_NO_NUMBER = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g;

/**
 * A side file's text. Where it is no JSON but Python wrote it, `NaN` and `Infinity` become `null`, so that others can read it
 * too: no number of a model is one of them.
 * @throws AppError `transcode/over-limit`, `transcode/malformed`, and what the source throws
 */
export async function readJsonText(source: ByteSource, signal?: AbortSignal): Promise<string> {
  const bytes = await readWhole(source, signal);
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    if (isJson(text)) return text;
    const mended = text.replace(TEXT_OR_NO_NUMBER, (match) => (match.startsWith('"') ? match : 'null'));
    JSON.parse(mended);
    return mended;
  } catch (thrown) {
    throw new AppError(
      'transcode/malformed',
      `${source.name} is not JSON`,
      { file: source.name },
      { cause: thrown },
    );
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** @throws AppError as `readJsonText` and `parseJson` do */
export async function readJson<T>(
  source: ByteSource,
  schema: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<T> {
  return parseJson(await readJsonText(source, signal), source.name, schema);
}

/**
 * @param text JSON, of the file `name`
 * @throws AppError `transcode/malformed` with the file and the field that is not understood
 */
export function parseJson<T>(text: string, name: string, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(JSON.parse(text));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError('transcode/malformed', `${name} is not understood`, {
      file: name,
      field: issue?.path.join('.') ?? '',
      problem: issue?.message ?? '',
    });
  }
  return parsed.data;
}
