import { expect, it } from 'vitest';
import { AppError } from '../../errors/app-error.ts';
import { onCards, untold } from './untold.ts';

const failed = new AppError('storage/insecure-page', 'plain http');
const ID = 'install:demo/gguf';
const failures = new Map([[ID, failed]]);
const none: ReadonlyMap<string, AppError> = new Map();

it('a failure that no card can show is told on the Models screen, too', () => {
  expect(untold(failures, none, [], true)).toEqual([ID, failed]);
  expect(onCards(failures, [])).toEqual([]);
});

it('one that its card shows is told there, and everywhere else by the shell', () => {
  expect(untold(failures, none, [{ id: ID }], true)).toBeUndefined();
  expect(onCards(failures, [{ id: ID }])).toEqual([[ID, failed]]);
  expect(untold(failures, none, [{ id: ID }], false)).toEqual([ID, failed]);
  const library = new Map([['library:https://a.example/x.wasm', failed]]);
  expect(untold(library, none, [], true)).toBeUndefined();
});

it('what was told once is not told again, but what fails anew is', () => {
  expect(untold(failures, failures, [], true)).toBeUndefined();
  const again = new Map([[ID, new AppError('models/busy', 'again')]]);
  expect(untold(again, failures, [], true)?.[1].code).toBe('models/busy');
});
