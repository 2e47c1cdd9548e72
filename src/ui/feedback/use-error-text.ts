/** What people read about errors: 5 kB that the first load does without. It comes when the first error has to be told. */
import { useEffect, useState } from 'react';
import type { ErrorText } from '../../errors/error-text.ts';
import { toAppError, type AppError, type ErrorCode } from '../../errors/app-error.ts';
import { showToast } from './toast.tsx';

type TextOf = (error: AppError) => ErrorText;
let textOf: TextOf | null = null;

async function load(): Promise<TextOf> {
  textOf ??= (await import('../../errors/error-text.ts')).errorText;
  return textOf;
}

/** Where even the texts can't be fetched, the error's own words must do. */
function plain(error: AppError): ErrorText {
  return {
    title: 'Something did not work',
    cause: error.message,
    action: 'Reload the page. Your chats and what you were typing are kept.',
  };
}

/** @returns null until the text is there: a moment, once in a session; and for no error. */
export function useErrorText(error: AppError | null): ErrorText | null {
  const [state, setState] = useState<'waiting' | 'loaded' | 'failed'>('waiting');
  const needed = error !== null && textOf === null;
  useEffect(() => {
    if (!needed) return;
    load().then(
      () => {
        setState('loaded');
      },
      () => {
        setState('failed');
      },
    );
  }, [needed]);
  if (!error) return null;
  if (textOf) return textOf(error);
  return state === 'failed' ? plain(error) : null;
}

/** Small acts have no place of their own for an error: it is told in passing. */
export function showErrorToast(thrown: unknown, fallback?: ErrorCode): void {
  const error = toAppError(thrown, fallback);
  void load()
    .then((find) => find(error))
    .catch(() => plain(error))
    .then(({ title, action }) => showToast(`${title}. ${action}`));
}
