import { formatCount } from '../lib/format.ts';
import type { GenerationWaiting } from './port.ts';

/** Why a server has not answered yet, as people are told; without a full stop. */
export function waitingText({ because, ahead, ms }: GenerationWaiting): string {
  const queue =
    ahead === null ? '' : `, ${formatCount(ahead)} ${ahead === 1 ? 'request' : 'requests'} before this one`;
  const seconds = `${formatCount(Math.max(1, Math.round(ms / 1000)))} s`;
  switch (because) {
    case 'full':
      // Its own count can lag behind its refusal: “full, 0 requests before this one” would be nonsense.
      return `The server is full${ahead === 0 ? '' : queue}; asking again in ${seconds}`;
    case 'loading':
      return `The server is loading its model; asking again in ${seconds}`;
    case 'silent':
      return `The server has been silent for ${seconds}, but it is alive${queue}`;
  }
}
