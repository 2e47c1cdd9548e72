/** wllama as its manual says, on the page itself, with the engine's batch sizes: what the engine's speed is held against. */
import { Wllama } from '@wllama/wllama';
import wasmUrl from '@wllama/wllama/esm/wasm/wllama.wasm?url';

export interface BareRun {
  readonly tokens: number;
  /** From the first token to the last, as the page saw them. */
  readonly decodeMs: number;
  readonly text: string;
}

let loaded: { readonly url: string; readonly wllama: Wllama } | null = null;

export async function runBare(
  url: string,
  prompt: string,
  maxTokens: number,
  threads: number,
): Promise<BareRun> {
  if (loaded?.url !== url) {
    await loaded?.wllama.exit();
    const wllama = new Wllama({ default: new URL(wasmUrl, document.baseURI).href });
    wllama.setCompat(null);
    const blob = await (await fetch(url)).blob();
    await wllama.loadModel([blob], {
      n_ctx: 2048,
      n_batch: 64,
      n_ubatch: 64,
      n_gpu_layers: 0,
      n_threads: threads,
    });
    loaded = { url, wllama };
  }
  let [tokens, first, last, text] = [0, 0, 0, ''];
  await loaded.wllama.createCompletion({
    prompt,
    max_tokens: maxTokens,
    temperature: 0,
    min_p: 0,
    stream: true,
    onData: (chunk) => {
      const piece = chunk.choices[0]?.text ?? '';
      if (piece === '') return;
      last = performance.now();
      if (tokens === 0) first = last;
      tokens += 1;
      text += piece;
    },
  });
  return { tokens, decodeMs: last - first, text };
}
