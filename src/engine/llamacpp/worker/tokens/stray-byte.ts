import { AppError } from '../../../../errors/app-error.ts';

/**
 * A request came upon a byte that is no UTF-8, which llama.cpp's JSON writer refuses. What was streamed before is sound, and so
 * is the model.
 */
export function isStrayByte(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.details.reason === 'stray-byte';
}
