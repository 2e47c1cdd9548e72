import { AppError } from '../../errors/app-error.ts';

/** Names of one model's parts, as llama.cpp splits it; opening the first tells what to do about them. */
const SPLIT = /-\d{5}-of-\d{5}\.gguf$/i;
/** More would not help anyone choose. */
const MAX_NAMED = 10;

/**
 * Of several models none is taken by chance; the parts of a split GGUF count as one, and so do those of safetensors, of
 * which the caller names the first.
 * @param names file names, without folders.
 * @throws AppError `transcode/several-models`.
 */
export function refuseSeveralModels(names: readonly string[]): void {
  const stems = new Set(names.map((name) => name.replace(SPLIT, '')));
  if (names.length < 2 || (stems.size === 1 && names.every((name) => SPLIT.test(name)))) return;
  const named = names.slice(0, MAX_NAMED).join(', ');
  throw new AppError('transcode/several-models', `Choose one of these models: ${named}`, {
    models: names.length,
    names: named,
  });
}
