/**
 * What the app outside the engine's worker must know of `@mlc-ai/web-llm`, repeated here because importing the package
 * would put 6.8 MB into the page's bundle. `web-llm-constants.test.ts` compares every value with the installed package
 * and fails when the package moves.
 */

export const WEB_LLM_VERSION = '0.2.86';

/** web-llm's `modelLibURLPrefix` and `modelVersion`: where the compiled libraries that fit this version are published. */
export const MODEL_LIBRARY_URL_PREFIX =
  'https://raw.githubusercontent.com/mlc-ai/binary-mlc-llm-libs/main/web-llm-models/';
export const MODEL_LIBRARY_VERSION = 'v0_2_86/base';

/** Files of the Llama-2-7B libraries. One library fits every model of its architecture and sizes, whatever its vocabulary. */
export const LLAMA_2_7B_LIBRARY_FILES = {
  q4f16_1: 'Llama-2-7b-chat-hf-q4f16_1_cs1k-webgpu.wasm',
  q4f32_1: 'Llama-2-7b-chat-hf-q4f32_1_cs1k-webgpu.wasm',
} as const;
