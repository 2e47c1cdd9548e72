import { AppError } from '../../errors/app-error.ts';
import type { ByteSource } from '../../lib/byte-source.ts';
import type { ReadSpan } from './read-spans.ts';

export interface FilledSpan {
  readonly span: ReadSpan;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/**
 * Reads spans in order, keeping up to `readAhead` further reads under way. A span's bytes are valid until the next one
 * is asked for: their memory is used again.
 * @param pass what each span goes through before it is given out, one after another, in their order. It gives back the
 *   same bytes, and may have had their memory elsewhere meanwhile
 * @throws AppError what the sources and `pass` throw; `aborted`
 */
export async function* readAheadOf(
  spans: Iterator<ReadSpan>,
  sources: readonly ByteSource[],
  readAhead: number,
  signal: AbortSignal | undefined,
  pass: (filled: FilledSpan) => Promise<Uint8Array<ArrayBuffer>> = ({ bytes }) => Promise.resolve(bytes),
): AsyncGenerator<FilledSpan, void, undefined> {
  const spare: ArrayBuffer[] = [];
  // Stops the reads under way when the consumer leaves early or one of them fails.
  const stop = new AbortController();
  const onAbort = (): void => {
    stop.abort(signal?.reason);
  };
  signal?.addEventListener('abort', onAbort, { once: true });

  const fill = async (span: ReadSpan): Promise<Uint8Array<ArrayBuffer>> => {
    const source = sources[span.file];
    if (source === undefined) throw new AppError('transcode/missing-file', 'A planned file is not there');
    if (source.readInto === undefined) return source.read(span.offset, span.length, stop.signal);
    let buffer = spare.pop();
    if (buffer === undefined || buffer.byteLength < span.length)
      buffer = new ArrayBuffer(roundUp(span.length));
    const bytes = new Uint8Array(buffer, 0, span.length);
    await source.readInto(span.offset, bytes, stop.signal);
    return bytes;
  };
  const begun: { readonly span: ReadSpan; readonly bytes: Promise<Uint8Array<ArrayBuffer>> }[] = [];
  let last: Promise<unknown> = Promise.resolve();
  const begin = (): void => {
    const next = spans.next();
    if (next.done === true) return;
    const span = next.value;
    const read = fill(span);
    read.catch(() => undefined);
    const bytes = last.then(async () => pass({ span, bytes: await read }));
    last = bytes;
    // A failure surfaces when its turn comes; until then it must not count as unhandled.
    bytes.catch(() => undefined);
    begun.push({ span, bytes });
  };

  try {
    for (let i = 0; i <= readAhead; i++) begin();
    for (let next = begun.shift(); next !== undefined; next = begun.shift()) {
      if (signal?.aborted === true) throw new AppError('aborted', 'Stopped while reading');
      const bytes = await next.bytes;
      yield { span: next.span, bytes };
      if (spare.length <= readAhead) spare.push(bytes.buffer);
      begin();
    }
  } finally {
    signal?.removeEventListener('abort', onAbort);
    stop.abort();
    await Promise.allSettled(begun.map(({ bytes }) => bytes));
  }
}

const STEP = 64 * 1024;

function roundUp(length: number): number {
  return Math.ceil(length / STEP) * STEP;
}
