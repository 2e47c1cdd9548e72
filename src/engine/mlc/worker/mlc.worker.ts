/** The MLC engine's worker: the only place where web-llm is loaded. See `protocol.ts` for what is said here. */
import '../../../network/egress-gate.ts';
import { ConsoleTail } from './web-llm/console-tail.ts';
import { watchDevices } from './web-llm/device-watch.ts';
import type { FromWorker, ToWorker } from '../protocol.ts';
import { WorkerHost } from './worker-host.ts';
import { WorkerSession } from './worker-session.ts';

/** The project is typed for the page; this is what a dedicated worker has instead. */
interface WorkerScope {
  postMessage(message: FromWorker): void;
  addEventListener(type: 'message', listener: (event: MessageEvent<ToWorker>) => void): void;
}

const scope = globalThis as unknown as WorkerScope;
const post = (message: FromWorker): void => scope.postMessage(message);
const host = new WorkerHost(new WorkerSession(), post, new ConsoleTail(console));

if ('GPUAdapter' in globalThis) watchDevices(GPUAdapter.prototype, host);
scope.addEventListener('message', ({ data }) => host.handle(data));
post({ type: 'started' });
