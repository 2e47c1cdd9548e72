/** Deflate and base64url, with a bound on what comes out. */
import { AppError } from '../../errors/app-error.ts';
import { MAX_FILE_BYTES } from './limits.ts';

/** Raw deflate (RFC 1951) of the UTF-8 bytes. */
export async function deflateText(text: string): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The same for text that comes in pieces, of which few stand in memory at once. No pair of surrogates may be cut in two. */
export async function* deflatePieces(
  pieces: AsyncIterator<string, undefined>,
): AsyncGenerator<Uint8Array<ArrayBuffer>, void, undefined> {
  const encoder = new TextEncoder();
  const source = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      const next = await pieces.next();
      if (next.done) controller.close();
      else controller.enqueue(encoder.encode(next.value));
    },
  });
  const reader = source.pipeThrough(new CompressionStream('deflate-raw')).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}

/**
 * @param limit bytes of inflated text; the work stops there, however large the rest is said to be.
 * @throws AppError `transcript/damaged` when it is no deflate stream or no UTF-8, `transcript/too-large`.
 */
export async function inflateText(
  bytes: Uint8Array<ArrayBuffer>,
  limit: number = MAX_FILE_BYTES,
): Promise<string> {
  const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let total = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      total += value.byteLength;
      if (total > limit) {
        throw new AppError('transcript/too-large', `Inflates to more than ${limit} bytes.`, { limit });
      }
      text += decoder.decode(value, { stream: true });
    }
  } catch (error) {
    await reader.cancel().catch(() => undefined);
    if (error instanceof AppError) throw error;
    throw new AppError(
      'transcript/damaged',
      'Not a complete deflate stream of UTF-8 text.',
      {},
      { cause: error },
    );
  }
}

export function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  // In pieces: a spread of a whole transcript would exceed the argument limit.
  for (let at = 0; at < bytes.length; at += 0x8000)
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws AppError `transcript/damaged` */
export function fromBase64Url(word: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(word.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = new Uint8Array(binary.length);
    for (let at = 0; at < binary.length; at += 1) bytes[at] = binary.charCodeAt(at);
    return bytes;
  } catch (error) {
    throw new AppError('transcript/damaged', 'Not base64url.', {}, { cause: error });
  }
}
