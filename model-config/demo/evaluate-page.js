// Runs in the page that evaluate.ts opens: the engine of the app, called bare.
import { Wllama } from '/wllama/index.js';

const quiet = () => undefined;
let engine;

globalThis.load = async (url) => {
  await engine?.exit();
  engine = new Wllama(
    { default: '/wllama/wasm/wllama.wasm' },
    { logger: { debug: quiet, log: quiet, warn: quiet, error: console.error } },
  );
  engine.setCompat(null);
  const file = await (await fetch(url)).blob();
  await engine.loadModel([file], { n_ctx: 2048, n_threads: 1, n_gpu_layers: 0, n_parallel: 1 });
  // loadModel resolves on a broken file too; an empty vocabulary gives it away.
  return engine.getModelMetadata().hparams.nVocab;
};

globalThis.answer = async (prompt, stop, limit) => {
  const result = await engine.createCompletion({
    prompt,
    stop,
    max_tokens: limit,
    temperature: 0,
    top_k: 1,
    penalty_repeat: 1,
  });
  const choice = result.choices[0];
  return {
    text: choice.text,
    finish: choice.finish_reason,
    promptTokens: result.usage.prompt_tokens,
    tokens: result.usage.completion_tokens,
    perSecond: result.timings?.predicted_per_second ?? 0,
  };
};
globalThis.ready = true;
