import { expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { installId, replacementId } from '../../models/catalogue/ids.ts';
import { onCards, untold } from './untold.ts';

const failed = new AppError('storage/insecure-page', 'plain http');
const ID = installId('demo', 'gguf');
const failures = new Map([[ID, failed]]);
const none: ReadonlyMap<string, AppError> = new Map();
const demo: ReadonlySet<string> = new Set(['demo']);

it('a failure that no card can show is told on the Models screen, too', () => {
  expect(untold(failures, none, new Set(['other']), true)).toEqual([ID, failed]);
  expect(onCards(failures, new Set())).toEqual([]);
  expect(untold(new Map([['', failed]]), none, demo, true)).toEqual(['', failed]);
});

it('one that its card shows is told there, and everywhere else by the shell', () => {
  expect(untold(failures, none, demo, true)).toBeUndefined();
  expect(onCards(failures, demo)).toEqual([[ID, failed]]);
  expect(untold(failures, none, demo, false)).toEqual([ID, failed]);
  expect(untold(new Map([[replacementId(ID), failed]]), none, demo, true)).toBeUndefined();
  const library = new Map([['library:https://a.example/x.wasm', failed]]);
  expect(untold(library, none, new Set(), true)).toBeUndefined();
});

it('what was told once is not told again, but what fails anew is', () => {
  expect(untold(failures, failures, new Set(), true)).toBeUndefined();
  const again = new Map([[ID, new AppError('models/busy', 'again')]]);
  expect(untold(again, failures, new Set(), true)?.[1].code).toBe('models/busy');
});
