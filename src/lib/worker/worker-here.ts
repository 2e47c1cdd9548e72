/** For tests: a worker of this thread. Its messages are cloned and arrive one by one, as between threads. */
import type { FromWorker, ToWorker, WorkerLike, WorkerScope } from './worker-rpc.ts';

export class WorkerHere implements WorkerLike {
  onmessage: WorkerLike['onmessage'] = null;
  onmessageerror: WorkerLike['onmessageerror'] = null;
  onerror: WorkerLike['onerror'] = null;
  terminated = false;
  readonly received: ToWorker[] = [];
  #listener: ((event: MessageEvent<ToWorker>) => void) | null = null;

  /** @param run the worker's script; none: it never starts. */
  constructor(run?: (scope: WorkerScope) => void) {
    run?.({
      postMessage: (message, transfer) => {
        const copy = structuredClone(message, { transfer });
        queueMicrotask(() => this.say(copy));
      },
      addEventListener: (_type, listener) => {
        this.#listener = listener;
      },
    });
  }

  postMessage(message: ToWorker, transfer: Transferable[] = []): void {
    const copy = structuredClone(message, { transfer });
    this.received.push(copy);
    if (!this.terminated) this.#listener?.({ data: copy } as MessageEvent<ToWorker>);
  }

  terminate(): void {
    this.terminated = true;
  }

  /** Says something as the worker. */
  say(message: FromWorker): void {
    if (!this.terminated) this.onmessage?.({ data: message } as MessageEvent<FromWorker>);
  }

  /** The worker's script fails. */
  fail(message: string): void {
    this.onerror?.({ message } as ErrorEvent);
  }

  /** Names of what was called, in order. */
  get called(): readonly string[] {
    return this.received.flatMap((message) => (message.type === 'call' ? [message.name] : []));
  }

  /** Id of the latest call of that name. @throws Error when there was none. */
  idOf(name: string): number {
    const call = this.received.findLast((message) => message.type === 'call' && message.name === name);
    if (!call) throw new Error(`nothing called ${name}`);
    return call.id;
  }
}
