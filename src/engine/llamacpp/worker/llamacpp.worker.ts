/** The dedicated worker in which wllama lives. It starts a worker of its own for llama.cpp, so this one always listens. */
import '../../../network/egress-gate.ts';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { version } from '@wllama/wllama/package.json';
import type { WorkerScope } from '../../../lib/worker/worker-rpc.ts';
import { hasPromiseIntegration, requireAbilities } from './load/abilities.ts';
import { hostModel } from './model-host.ts';
import { WllamaModel } from './wllama-model.ts';

hostModel(self as unknown as WorkerScope, {
  wasmUrl: new URL(wasmUrl, self.location.href).href,
  engineVersion: `wllama ${version}, llama.cpp ${WllamaModel.llamaCppVersion}`,
  surroundings: { gpu: navigator.gpu, hasPromiseIntegration: hasPromiseIntegration() },
  isolated: self.crossOriginIsolated,
  hardwareConcurrency: navigator.hardwareConcurrency,
  requireAbilities,
});
