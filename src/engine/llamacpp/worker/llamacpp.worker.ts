/** The dedicated worker in which wllama lives. It starts a worker of its own for llama.cpp, so this one always listens. */
import '../../../network/egress-gate.ts';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';
import { version } from '@wllama/wllama/package.json';
import { hasPromiseIntegration, requireAbilities } from './load/abilities.ts';
import type { FromWorker, ToWorker } from '../messages.ts';
import { ModelHost } from './model-host.ts';
import { WllamaModel } from './wllama-model.ts';

const post = (message: FromWorker): void => self.postMessage(message);

const host = new ModelHost(post, {
  wasmUrl: new URL(wasmUrl, self.location.href).href,
  engineVersion: `wllama ${version}, llama.cpp ${WllamaModel.llamaCppVersion}`,
  surroundings: { gpu: navigator.gpu, hasPromiseIntegration: hasPromiseIntegration() },
  isolated: self.crossOriginIsolated,
  hardwareConcurrency: navigator.hardwareConcurrency,
  requireAbilities,
});

self.onmessage = ({ data }: MessageEvent<ToWorker>) => host.handle(data);
post({ type: 'started' });
