/** What this tab heard of requests since it opened, by host and reason; and the "Offline only" switch. */
import { create } from 'zustand';
import type { EgressMessage, EgressReason } from './egress.ts';
import { egressChannel, egressHere } from './egress-gate.ts';

export interface EgressLine {
  /** e.g. `https://huggingface.co`. */
  readonly origin: string;
  readonly reason: EgressReason;
  readonly requests: number;
  /** Not made, because of "Offline only" or for want of a reason. */
  readonly refused: number;
  /** As far as answers announced them. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly lastAt: number;
}

export interface EgressLog {
  readonly lines: ReadonlyMap<string, EgressLine>;
  /** null until somebody asked. */
  readonly offlineOnly: boolean | null;
}

export const useEgress = create<EgressLog>(() => ({ lines: new Map(), offlineOnly: null }));

/** @returns the log with one more message in it. */
export function noted(lines: EgressLog['lines'], message: EgressMessage): EgressLog['lines'] {
  if (message.type === 'offline-only') return lines;
  const { origin, reason } = message;
  const key = `${origin} ${reason}`;
  const line = lines.get(key) ?? { origin, reason, requests: 0, refused: 0, bytes: 0, lastAt: 0 };
  return new Map(lines).set(
    key,
    message.type === 'answer'
      ? { ...line, bytes: line.bytes + message.bytes }
      : {
          ...line,
          lastAt: message.at,
          requests: line.requests + (message.type === 'request' ? 1 : 0),
          refused: line.refused + (message.type === 'refused' ? 1 : 0),
        },
  );
}

function hear(event: Event): void {
  const message = (event as MessageEvent<EgressMessage>).data;
  useEgress.setState(
    message.type === 'offline-only'
      ? { offlineOnly: message.on }
      : { lines: noted(useEgress.getState().lines, message) },
  );
}

/** From the page's start, so that nothing is missed. */
export function keepEgressLog(): void {
  egressHere.addEventListener('message', hear);
  egressChannel.addEventListener('message', hear);
}
