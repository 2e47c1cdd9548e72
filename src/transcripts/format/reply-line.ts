/** The short facts beside a message, the same words in every readable format. */
import type { Message } from '../../database/records.ts';
import { serverTitle } from '../../engine/tab/server-title.ts';
import { isKnownTime } from '../../lib/format.ts';

const STATUS: Partial<Record<Message['status'], string>> = {
  streaming: 'unfinished',
  interrupted: 'interrupted',
  stopped: 'stopped by the reader',
  failed: 'failed',
};

/** e.g. `2026-11-21 09:30 UTC`: the same wherever a file is opened. */
export function formatTime(milliseconds: number): string {
  if (!isKnownTime(milliseconds)) return 'time unknown';
  return `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What a reader needs to judge a message: edited or not, how it ended, which model, how it was sampled. */
export function describeReply(message: Message): string[] {
  const { provenance: p } = message;
  return [
    message.edited ? 'edited' : '',
    STATUS[message.status] ?? '',
    p ? `${p.modelName} ${p.quantization}` : '',
    p?.server ? `on ${serverTitle(p.server)}` : '',
    p ? `temperature ${p.sampling.temperature}` : '',
    typeof p?.seedUsed === 'number' ? `seed ${p.seedUsed}` : '',
    p ? `${p.promptTokens} tokens in, ${p.completionTokens} out` : '',
  ].filter(Boolean);
}
