/** The names of a package's files, and how its JSON is read: as hostile input, from a host, a folder or an older app. */
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';

/** mlc-llm's description of the model; what web-llm asks for first. */
export const CHAT_CONFIG_FILE = 'mlc-chat-config.json';
/** TVM's index of shards and tensors. */
export const TENSOR_CACHE_FILE = 'tensor-cache.json';
/** The same under the name that web-llm before 0.2.80 asks for. */
export const OLD_TENSOR_CACHE_FILE = 'ndarray-cache.json';
export const TOKENIZER_FILE = 'tokenizer.json';
export const TOKENIZER_CONFIG_FILE = 'tokenizer_config.json';

/** Indented and ended as text files are: people read these. */
export function packageJson(value: object): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`);
}

/** @param url where it came from, for the error. @throws AppError `engine/package-incomplete`. */
export function parsePackageJson<T>(schema: z.ZodType<T>, json: string, url: string): T {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (thrown) {
    throw unreadablePackage(url, 'it is not JSON', thrown);
  }
  const result = schema.safeParse(value);
  if (!result.success)
    throw unreadablePackage(url, z.prettifyError(result.error).slice(0, 500), result.error);
  return result.data;
}

export function unreadablePackage(url: string, why: string, cause?: unknown): AppError {
  return new AppError(
    'engine/package-incomplete',
    `${url} cannot be used: ${why}`,
    { url, reason: why },
    { cause },
  );
}
