/** What a reply's state is called. */
import { waitingText } from '../../engine/waiting-text.ts';
import type { ShownReply } from './reply/shown-reply.ts';

export function progressText({ phase, tokensPerSecond, waiting }: ShownReply): string {
  if (waiting) return waitingText(waiting);
  switch (phase) {
    case 'waiting-turn':
      return 'Waiting for the reply above';
    case 'waiting-model':
      return 'Waiting for the model to load';
    case 'reading':
      return 'Reading the conversation';
    case 'writing':
      return tokensPerSecond > 0 ? `Writing, ${tokensPerSecond.toFixed(1)} tokens/s` : 'Writing';
    case 'ended':
    case null:
      return 'Being written in another tab';
  }
}

/** Empty: there is nothing to say. */
export function endText({ status, text, cutByLength }: ShownReply): string {
  if (status === 'interrupted') {
    return text === ''
      ? 'Interrupted before anything was written.'
      : 'Interrupted: the page closed while this was being written.';
  }
  if (status === 'stopped') return text === '' ? 'Stopped before anything was written.' : 'Stopped.';
  if (cutByLength) return 'Ended at the length limit.';
  return status === 'complete' && text === '' ? 'The model wrote nothing.' : '';
}
