/** A stream of server-sent events, read with an eye on the clock: silence is told, a break is an error. */
import { createParser } from 'eventsource-parser';
import { AppError, isAbort } from '../../errors/app-error.ts';
import { orAfter } from './patience.ts';

/** One token's event has a few hundred bytes, one with probabilities some kilobytes; a hostile server may send anything. */
const MAX_EVENT_CHARACTERS = 4 * 1024 * 1024;

export type StreamItem =
  | { readonly type: 'data'; readonly data: string }
  /** Nothing came for this long, not even a sign of life. */
  | { readonly type: 'silence'; readonly ms: number };

/**
 * @param everyMs how often silence is told.
 * @throws AppError `server/lost` when it breaks off, `server/damaged-answer` for an event beyond all measure, `aborted`.
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  host: string,
  everyMs: number,
): AsyncGenerator<StreamItem> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  const ready: string[] = [];
  const parser = createParser({
    maxBufferSize: MAX_EVENT_CHARACTERS,
    onEvent: ({ data }) => {
      ready.push(data);
    },
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded')
        throw new AppError('server/damaged-answer', 'an event is far too long', { host });
    },
  });
  let silentMs = 0;
  let reading: Promise<ReadableStreamReadResult<Uint8Array>> | null = null;
  try {
    for (;;) {
      reading ??= reader.read();
      const read = await orAfter(reading, everyMs);
      if (read === null) {
        silentMs += everyMs;
        yield { type: 'silence', ms: silentMs };
        continue;
      }
      reading = null;
      silentMs = 0;
      if (read.done) {
        // The last line may lack its end.
        parser.feed(`${decoder.decode()}\n\n`);
        yield* taken(ready);
        return;
      }
      parser.feed(decoder.decode(read.value, { stream: true }));
      yield* taken(ready);
    }
  } catch (thrown) {
    if (thrown instanceof AppError || isAbort(thrown)) throw thrown;
    throw new AppError('server/lost', 'the stream broke off', { host }, { cause: thrown });
  } finally {
    reading?.catch(() => undefined); // given up together with the stream
    // Closes the request: the server stops writing. Of a stream that broke, there is nothing to close.
    await reader.cancel().catch(() => undefined);
  }
}

function* taken(ready: string[]): Generator<StreamItem> {
  for (const data of ready.splice(0)) yield { type: 'data', data };
}
