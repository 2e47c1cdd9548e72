import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import {
  LLAMA_2_7B_LIBRARY_FILES,
  MODEL_LIBRARY_URL_PREFIX,
  MODEL_LIBRARY_VERSION,
  WEB_LLM_VERSION,
} from './web-llm-constants.ts';

// Read as text: importing 6.8 MB of bundle that expects a browser would prove nothing more.
const require = createRequire(import.meta.url);
const packagePath = require.resolve('@mlc-ai/web-llm/package.json');
const source = readFileSync(require.resolve('@mlc-ai/web-llm'), 'utf8');

function constantInPackage(name: string): string | undefined {
  return new RegExp(`^const ${name} = "([^"]+)";$`, 'm').exec(source)?.[1];
}

describe('constants copied from @mlc-ai/web-llm', () => {
  it('are of the installed version', () => {
    const { version } = JSON.parse(readFileSync(packagePath, 'utf8')) as { version: string };
    expect(WEB_LLM_VERSION).toBe(version);
  });

  it('name the library place the package itself uses', () => {
    expect(MODEL_LIBRARY_URL_PREFIX).toBe(constantInPackage('modelLibURLPrefix'));
    expect(MODEL_LIBRARY_VERSION).toBe(constantInPackage('modelVersion'));
  });

  it.each(Object.entries(LLAMA_2_7B_LIBRARY_FILES))(
    'name the Llama-2-7B library of %s',
    (quantization, file) => {
      const record = new RegExp(
        `model_id: "Llama-2-7b-chat-hf-${quantization}-MLC",\\s+model_lib: modelLibURLPrefix \\+\\s+modelVersion \\+\\s+"/([^"]+)"`,
      );
      expect(file).toBe(record.exec(source)?.[1]);
    },
  );
});
