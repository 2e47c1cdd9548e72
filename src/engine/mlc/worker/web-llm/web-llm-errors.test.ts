import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../../errors/app-error.ts';
import { fromWebLlm, isFatal } from './web-llm-errors.ts';

function named(name: string, message = 'x'): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

/** Failures as web-llm 0.2.86 shows them. */
const SEEN: readonly (readonly [string, unknown, string])[] = [
  [
    'no shader-f16 although the record asks for it',
    named('ShaderF16SupportError'),
    'engine/unsupported-adapter',
  ],
  [
    'no adapter',
    new Error('Unable to find a compatible GPU. This issue might be because'),
    'engine/unsupported-adapter',
  ],
  [
    'a limit',
    new Error('Cannot initialize runtime because of requested maxComputeWorkgroupStorageSize exceeds limit.'),
    'engine/unsupported-adapter',
  ],
  [
    'a shader the driver refuses',
    named('GPUPipelineError', 'Invalid ShaderModule'),
    'engine/unsupported-adapter',
  ],
  ['an integrity hash', named('IntegrityError'), 'engine/hash-mismatch'],
  ['a short shard', new Error('Tensor-cache record range 0..9 exceeds shard size 4'), 'engine/shard-missing'],
  [
    'a shard that left the cache',
    new TypeError("Failed to execute 'add' on 'Cache': Request failed"),
    'engine/package-incomplete',
  ],
  ['memory', new RangeError('Array buffer allocation failed'), 'engine/out-of-memory'],
  [
    'a device lost while loading',
    named('DeviceLostError', 'The WebGPU device was lost while loading the model.'),
    'engine/device-lost',
  ],
  [
    'a dead GPU process',
    new DOMException("Failed to execute 'mapAsync' on 'GPUBuffer'", 'AbortError'),
    'engine/device-lost',
  ],
  [
    'what follows a dead GPU process',
    named('BindingError', 'Tokenizer instance already deleted'),
    'engine/device-lost',
  ],
  ['a C++ error', new WebAssembly.RuntimeError('unreachable'), 'engine/worker-crashed'],
  [
    'a library for another model',
    new Error('Cannot find parameter in cache: model.layers.32'),
    'engine/library-unfit',
  ],
  [
    'a module that is no library',
    new WebAssembly.LinkError('import object field missing'),
    'engine/library-unfit',
  ],
  ['too long a prompt', named('ContextWindowSizeExceededError'), 'engine/prompt-too-long'],
];

describe('fromWebLlm', () => {
  it.each(SEEN)('knows %s', (_, thrown, code) => {
    expect(fromWebLlm(thrown, 'unknown').code).toBe(code);
  });

  it('uses texts that the installed package still has', () => {
    const source = readFileSync(createRequire(import.meta.url).resolve('@mlc-ai/web-llm'), 'utf8');
    for (const text of [
      'Unable to find a compatible GPU',
      'Cannot initialize runtime because of requested',
      'Tensor-cache record range',
      'Cannot find required VM function',
      'Cannot find global function',
      '"ShaderF16SupportError"',
      '"ContextWindowSizeExceededError"',
      '"DeviceLostError"',
      '"IntegrityError"',
      'class BindingError extends Error',
    ]) {
      // Not `toContain`: a failure would print 6.8 MB.
      expect(source.includes(text), text).toBe(true);
    }
  });

  it('keeps the console’s end, where a C++ error says its cause', () => {
    const error = fromWebLlm(new WebAssembly.RuntimeError('unreachable'), 'unknown', [
      'Check failed: (n > 0)',
      'stack',
    ]);
    expect(error.details).toMatchObject({ log: 'Check failed: (n > 0)\nstack' });
  });

  it('leaves typed errors and aborts as they are', () => {
    const typed = new AppError('engine/shard-missing', 'x');
    expect(fromWebLlm(typed, 'unknown', ['line'])).toBe(typed);
    expect(fromWebLlm(new DOMException('stop', 'AbortError'), 'unknown', ['line'])).toMatchObject({
      code: 'aborted',
      details: {},
    });
  });

  it('falls back for what it does not know', () => {
    expect(fromWebLlm('odd', 'engine/bad-model-file').code).toBe('engine/bad-model-file');
  });

  it('tells errors after which only a new worker helps from those of one request', () => {
    expect(isFatal(new AppError('engine/worker-crashed', ''))).toBe(true);
    expect(isFatal(new AppError('engine/device-lost', ''))).toBe(true);
    expect(isFatal(new AppError('engine/prompt-too-long', ''))).toBe(false);
    expect(isFatal(new AppError('aborted', ''))).toBe(false);
  });
});
