/**
 * web-llm throws its own classes for some failures, bare `Error`s with English text for others, and dies with
 * `RuntimeError: unreachable` for everything C++ throws. Its own worker protocol would flatten them all to strings; here they
 * get a code. Class names and texts are those of @mlc-ai/web-llm 0.2.86.
 */
import { AppError, toAppError, type ErrorCode } from '../../../../errors/app-error.ts';

interface Rule {
  readonly code: ErrorCode;
  /** On the error's class name (web-llm sets it) . */
  readonly name?: RegExp;
  readonly message?: RegExp;
}

/** First match wins. A rule with both must match both. */
const RULES: readonly Rule[] = [
  {
    code: 'engine/unsupported-adapter',
    name: /^(ShaderF16Support|FeatureSupport|WebGPUNotAvailable|WebGPUNotFound)Error$/,
  },
  {
    code: 'engine/unsupported-adapter',
    message: /^Unable to find a compatible GPU|^Cannot initialize runtime because of/,
  },
  { code: 'engine/hash-mismatch', name: /^IntegrityError$/ },
  { code: 'engine/prompt-too-long', name: /^ContextWindowSizeExceededError$/ },
  { code: 'engine/out-of-memory', name: /^GPUOutOfMemoryError$/ },
  {
    code: 'engine/out-of-memory',
    message: /out of memory|Array buffer allocation failed|Not enough memory|insufficient memory/i,
  },
  { code: 'engine/device-lost', name: /^DeviceLostError$/ },
  // The GPU process died: pending reads of GPU memory are rejected, and nothing else is said.
  {
    code: 'engine/device-lost',
    message:
      /mapAsync|device (is|was) lost|GPU connection lost|A valid external Instance reference no longer exists/i,
  },
  // After a device loss web-llm disposes its tokenizer; whatever comes next stumbles over it.
  { code: 'engine/device-lost', name: /^BindingError$/ },
  { code: 'engine/library-unfit', name: /^(CompileError|LinkError)$/ },
  {
    code: 'engine/library-unfit',
    message:
      /Cannot find (parameter|required VM function|global function)|does not have function|Cannot find .* in cache/,
  },
  // A shader the driver refuses although the adapter claims what it needs.
  { code: 'engine/unsupported-adapter', name: /^GPUPipelineError$/ },
  { code: 'engine/shard-missing', message: /exceeds shard size/ },
  { code: 'engine/package-incomplete', message: /Failed to execute 'add' on 'Cache'|^Cannot fetch / },
  { code: 'engine/worker-crashed', name: /^RuntimeError$/ },
];

/**
 * @param log the worker's latest console lines: the cause of a C++ error appears nowhere else.
 * @param fallback for what no rule knows.
 */
export function fromWebLlm(thrown: unknown, fallback: ErrorCode, log: readonly string[] = []): AppError {
  if (thrown instanceof AppError) return thrown;
  const name = nameOf(thrown);
  const message = thrown instanceof Error || thrown instanceof DOMException ? thrown.message : String(thrown);
  const rule = RULES.find(
    (candidate) => (candidate.name?.test(name) ?? true) && (candidate.message?.test(message) ?? true),
  );
  if (!rule) return withLog(toAppError(thrown, fallback), log);
  return withLog(new AppError(rule.code, message, { name }, { cause: thrown }), log);
}

/** After these the runtime in the worker is broken for good: only a new worker helps. */
const FATAL: ReadonlySet<ErrorCode> = new Set([
  'engine/device-lost',
  'engine/worker-crashed',
  'engine/out-of-memory',
]);

export function isFatal(error: AppError): boolean {
  return FATAL.has(error.code);
}

function withLog(error: AppError, log: readonly string[]): AppError {
  if (log.length === 0 || error.code === 'aborted') return error;
  return new AppError(
    error.code,
    error.message,
    { ...error.details, log: log.join('\n') },
    { cause: error.cause },
  );
}

function nameOf(thrown: unknown): string {
  if (thrown instanceof Error || thrown instanceof DOMException) {
    // GPU errors and some of web-llm's have the plain name "Error"; their class tells more.
    return thrown.name === 'Error' ? thrown.constructor.name : thrown.name;
  }
  return typeof thrown === 'object' && thrown !== null ? thrown.constructor.name : typeof thrown;
}
