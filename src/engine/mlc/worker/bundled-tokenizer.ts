/**
 * For tests: the very tokenizer that web-llm bundles and does not export, cut out of the package's text. It is Hugging Face's
 * `tokenizers` in WebAssembly, so counts and ids in these tests are those of the engine.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { runInThisContext } from 'node:vm';
import type { RawTokenizer } from './text-tokenizer.ts';

const FIRST = 'var lib$1 = {exports: {}};';
const LAST = 'var libExports = requireLib();';

interface TokenizerClass {
  fromJSON(json: ArrayBuffer): Promise<RawTokenizer & { decode(ids: Int32Array): string }>;
}

let tokenizerClass: TokenizerClass | null = null;

/** @throws Error when the package's text has another shape. */
export async function bundledTokenizer(json: string): ReturnType<TokenizerClass['fromJSON']> {
  tokenizerClass ??= cutOut();
  return tokenizerClass.fromJSON(new TextEncoder().encode(json).buffer);
}

function cutOut(): TokenizerClass {
  const require = createRequire(import.meta.url);
  const source = readFileSync(require.resolve('@mlc-ai/web-llm'), 'utf8');
  const start = source.indexOf(FIRST);
  const end = source.indexOf(LAST, start);
  if (start === -1 || end === -1) throw new Error('web-llm no longer bundles its tokenizer as it did');
  // The bundler replaced the module's own URL by a dummy that node refuses.
  const text = source.slice(start, end + LAST.length).replaceAll('"MLC_DUMMY_PATH"', '"file:///"');
  const make = runInThisContext(`(createRequire) => { ${text}; return libExports.Tokenizer; }`) as (
    createRequire: (url: string) => NodeJS.Require,
  ) => TokenizerClass;
  return make(() => require);
}
