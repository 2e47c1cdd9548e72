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

/** @throws AppError `transcode/over-limit`, `transcode/malformed` with the file and the field that is not understood */
export async function readJson<T>(
  source: ByteSource,
  schema: z.ZodType<T>,
  signal?: AbortSignal,
): Promise<T> {
  const bytes = await readWhole(source, signal);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (thrown) {
    throw new AppError(
      'transcode/malformed',
      `${source.name} is not JSON`,
      { file: source.name },
      { cause: thrown },
    );
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new AppError('transcode/malformed', `${source.name} is not understood`, {
      file: source.name,
      field: issue?.path.join('.') ?? '',
      problem: issue?.message ?? '',
    });
  }
  return parsed.data;
}
