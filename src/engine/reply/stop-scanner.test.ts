import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopScanner } from './stop-scanner.ts';

function scan(
  pieces: readonly string[],
  stops: readonly string[],
): { text: string; stopped: boolean; shown: string[] } {
  const scanner = new StopScanner(stops);
  const shown: string[] = [];
  let stopped = false;
  for (const piece of pieces) {
    const result = scanner.push(piece);
    shown.push(result.text);
    stopped = result.stopped;
    if (stopped) break;
  }
  shown.push(scanner.flush());
  return { text: shown.join(''), stopped, shown };
}

describe('StopScanner', () => {
  it('finds a stop string spread over pieces, and shows none of it', () => {
    expect(scan(['Yes.\n#', '#', '# User'], ['###'])).toMatchObject({ text: 'Yes.\n', stopped: true });
    expect(scan(['a User', ': b'], ['User:', '###'])).toMatchObject({ text: 'a ', stopped: true });
  });

  it('gives held text back when it was no stop string', () => {
    expect(scan(['##', ' heading'], ['###'])).toMatchObject({ text: '## heading', stopped: false });
    expect(scan(['ends in ##'], ['###'])).toMatchObject({ text: 'ends in ##', stopped: false });
  });

  it('takes the earliest of several stop strings in one piece', () => {
    expect(scan(['a User: b ### c'], ['###', 'User:']).text).toBe('a ');
  });

  it('ignores empty stop strings, and is silent after a stop', () => {
    expect(scan(['abc'], ['']).text).toBe('abc');
    const scanner = new StopScanner(['#']);
    scanner.push('a#');
    expect(scanner.push('more')).toEqual({ text: '', stopped: true });
  });

  it('shows, however the text is cut, exactly what comes before the first stop string', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '#', ':', ' '), maxLength: 30 });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', '#', ':'), minLength: 1, maxLength: 4 }), {
      maxLength: 3,
    });
    fc.assert(
      fc.property(
        text,
        stops,
        fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 30 }),
        (whole, ends, cuts) => {
          const pieces: string[] = [];
          let at = 0;
          for (const cut of cuts) {
            pieces.push(whole.slice(at, at + cut));
            at += cut;
          }
          pieces.push(whole.slice(at));
          const { text: shown, stopped } = scan(pieces, ends);
          // The stop that is complete first wins, as in a stream; among those complete at once, the one that begins first.
          const complete = ends
            .map((stop) => ({ stop, at: whole.indexOf(stop) }))
            .filter((found) => found.at !== -1);
          expect(stopped).toBe(complete.length > 0);
          for (const stop of ends) expect(shown).not.toContain(stop);
          expect(whole.startsWith(shown)).toBe(true);
          if (complete.length === 0) expect(shown).toBe(whole);
          else expect(complete.some((found) => found.at === shown.length)).toBe(true);
        },
      ),
    );
  });
});
