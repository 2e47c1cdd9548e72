import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorReport } from './error-report.ts';
import { errorText, ERROR_CODES } from './error-text.ts';
import { AppError, toAppError } from './app-error.ts';

const WHERE = { app: 'meditron-web 0', browser: 'a browser' };

describe('every code has a text', () => {
  it.each(ERROR_CODES)('%s says what, why and what to do, in sentences', (code) => {
    const { title, cause, action, place } = errorText({ code });
    expect(title).toMatch(/^[A-Z“]/);
    expect(title).not.toMatch(/[.:]$/);
    for (const sentence of [cause, action]) expect(sentence).toMatch(/^[A-Z“].*[.?]$/s);
    // A code is for reports; a person reads words.
    expect(`${title} ${cause} ${action}`).not.toMatch(/[a-z]+\/[a-z]+-[a-z]+|undefined|Error\b/);
    if (place) expect(place.href).toMatch(/^#\//);
  });
});

describe('copied details', () => {
  it('say what it was and where', () => {
    const report = JSON.parse(errorReport(new AppError('engine/busy', 'it is', { tab: 2 }), WHERE)) as object;
    expect(report).toMatchObject({ ...WHERE, code: 'engine/busy', message: 'it is', details: { tab: 2 } });
    expect(report).toHaveProperty('at.0', expect.stringMatching(/error-report\.test\.ts:\d+/));
  });

  it('never hold what a parser could not read', () => {
    // Letters of which no part of a report is made by itself.
    const words = fc.string({ minLength: 4, maxLength: 40, unit: fc.constantFrom(...Array.from('JKQXZ')) });
    fc.assert(
      fc.property(words, (text) => {
        let thrown: unknown;
        try {
          JSON.parse(`${text} says`);
        } catch (error) {
          thrown = error;
        }
        expect(errorReport(toAppError(thrown), WHERE)).not.toContain(text.slice(0, 4));
      }),
    );
  });

  it('leave out quotations in details, and what is cut off in one', () => {
    const error = new AppError('unknown', 'bad “my chest hurts', { line: 'near "my chest hurts"' });
    expect(errorReport(error, WHERE)).not.toContain('chest');
  });

  it.each([
    ["Failed to read 'my chest hurts' from it", 'Failed to read "…" from it'],
    ["Expected ')' at: 'my chest hurts'.", 'Expected "…" at: "…".'],
    ["Unknown token ['it's my chest']", 'Unknown token ["…"]'],
    ["can't read 'my chest', it won't do", 'can\'t read "…", it won\'t do'],
    ['can’t read ‘it’s my chest’, it won’t do', 'can’t read "…", it won’t do'],
    ["cut off in 'my chest", 'cut off in "…"'],
    ["'my chest\nhurts'", '"…"'],
    ["the model's files and the users' own", "the model's files and the users' own"],
    ["it wasn't there, it's gone", "it wasn't there, it's gone"],
  ])('leave out single-quoted words and keep apostrophes: %s', (message, left) => {
    expect(JSON.parse(errorReport(new AppError('unknown', message), WHERE))).toMatchObject({ message: left });
  });
});

it('a script that did not come is told apart from other faults', () => {
  for (const message of [
    'Failed to fetch dynamically imported module: https://x.example/a.js',
    'error loading dynamically imported module: https://x.example/a.js',
    'Importing a module script failed.',
  ])
    expect(toAppError(new TypeError(message)).code).toBe('app/part-missing');
  expect(toAppError(new TypeError('x is not a function')).code).toBe('unknown');
});
