/** The MLC engine's worker: the only place where web-llm is loaded. */
import '../../../network/egress-gate.ts';
import type { WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { ConsoleTail } from './web-llm/console-tail.ts';
import { watchDevices } from './web-llm/device-watch.ts';
import { hostSession } from './worker-host.ts';
import { WorkerSession } from './worker-session.ts';

const gpu = hostSession(self as unknown as WorkerScope, new WorkerSession(), new ConsoleTail(console));

if ('GPUAdapter' in globalThis) watchDevices(GPUAdapter.prototype, gpu);
