/** Reads files off the page's thread: a backup of everything takes seconds to parse and check. */
import '../lib/egress-gate.ts';
import { toWire } from '../lib/errors.ts';
import { MAX_FILE_BYTES } from './limits.ts';
import { readTranscriptText } from './read-file.ts';
import type { ReadAnswer, ReadRequest } from './read-protocol.ts';
import { AppError } from '../lib/errors.ts';

self.addEventListener('message', (event: MessageEvent<ReadRequest>) => {
  void answer(event.data).then((reply) => {
    postMessage(reply);
  });
});

async function answer({ file }: ReadRequest): Promise<ReadAnswer> {
  try {
    if (file.size > MAX_FILE_BYTES) {
      throw new AppError('transcript/too-large', `The file has ${file.size} bytes.`, {
        limit: MAX_FILE_BYTES,
      });
    }
    return { ok: true, read: await readTranscriptText(await file.text()) };
  } catch (error) {
    return { ok: false, error: toWire(error, 'transcript/damaged') };
  }
}
