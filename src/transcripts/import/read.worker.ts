/** Reads files off the page's thread: a backup of everything takes seconds to parse and check. */
import '../../network/egress-gate.ts';
import { AppError, toWire } from '../../errors/app-error.ts';
import { readParts } from './read-parts.ts';
import type { ReadAnswer, ReadRequest } from './read-protocol.ts';

let reading: ReturnType<typeof readParts> | null = null;

self.addEventListener('message', (event: MessageEvent<ReadRequest>) => {
  const request = event.data;
  if (request.type === 'read') reading = readParts(request.file, { sha256: request.sha256 });
  void answer().then((reply) => {
    postMessage(reply);
  });
});

async function answer(): Promise<ReadAnswer> {
  try {
    if (!reading) throw new AppError('transcript/damaged', 'No file was named.');
    const next = await reading.next();
    return next.done ? { type: 'done', report: next.value } : { type: 'part', part: next.value };
  } catch (error) {
    return { type: 'failed', error: toWire(error, 'transcript/damaged') };
  }
}
