/**
 * Where a code covers several causes: the one of this case, in the words of whoever found it, and what helps with that one.
 * "Take another file of the model" is no help where the model itself is the reason.
 */
import type { AppError } from '../app-error.ts';
import type { ErrorText } from './text.ts';

/** Names from a file are part of some reasons. */
const MOST_REASON_CHARACTERS = 240;
/** These tell of this machine, not of a file: their messages are for developers. */
const NO_FILE_FAULT: ReadonlySet<string> = new Set(['transcode/worker-failed', 'transcode/package-damaged']);
/** Their general cause says nothing that the reason doesn't. */
const VAGUE: ReadonlySet<string> = new Set(['transcode/unsupported', 'transcode/wrong-architecture']);

const OTHER_MODEL =
  'Another file of the same model does not help, whatever its quantisation: the model itself is built that way. Choose another model.';

type Case = Pick<AppError, 'code'> & Partial<Pick<AppError, 'message' | 'details'>>;

export function withReason(text: ErrorText, { code, message, details = {} }: Case): ErrorText {
  if (code === 'bytes/cors' && details.redirected === true) {
    const cause =
      'It leads to another address, and that one may not be read from here: it gives no permission (CORS), or this site allows no requests to it.';
    return { ...text, cause };
  }
  if (!code.startsWith('transcode/') || NO_FILE_FAULT.has(code) || message === undefined) return text;
  const reason = sentence(message);
  return {
    ...text,
    cause: VAGUE.has(code) ? reason : `${reason} ${text.cause}`,
    action: adviceFor(details) ?? text.action,
  };
}

/** By the details the readers of model files give. @returns null where the general advice fits. */
function adviceFor(details: AppError['details']): string | null {
  const has = (name: string): boolean => details[name] !== undefined && details[name] !== null;
  const tensor = typeof details.tensor === 'string' ? details.tensor : '';
  if (has('type') || has('dtype')) {
    return 'Choose another quantisation of the same model: Q4_0, Q8_0 or F16 GGUF, or F16 safetensors.';
  }
  if (has('parts')) {
    return 'Join the parts into one file first (llama.cpp’s gguf-split --merge does it), or choose a file that is not split.';
  }
  if (has('method') || has('group') || /\.(g_idx|qweight|qzeros|scales|absmax|quant_map)$/.test(tensor)) {
    return 'Choose the model’s weights before that quantisation, a 4-bit AWQ folder, or a GGUF of it.';
  }
  if (/lora|adapter/i.test(tensor)) {
    return 'An adapter alone is no model: choose the whole model, with the adapter merged into it.';
  }
  if (has('version') || has('protocol')) {
    return 'Choose a file made by a current version of the program that wrote it.';
  }
  const ofTheModel = ['scaling', 'experts', 'activation', 'factor', 'rotated', 'architecture'];
  if (ofTheModel.some(has) || tensor !== '') return OTHER_MODEL;
  return null;
}

function sentence(message: string): string {
  const cut = message.slice(0, MOST_REASON_CHARACTERS).trim();
  return /[.!?]$/.test(cut) ? cut : `${cut}.`;
}
