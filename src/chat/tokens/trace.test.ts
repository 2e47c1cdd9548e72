import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenTrace, type TokenTrace, type TracedToken } from '../../database/records.ts';
import type { ChosenToken } from '../../engine/port.ts';
import { tokenText } from '../../engine/token-text.ts';
import { agrees, branchAt, probability, spelled, traced, traceOf } from './trace.ts';

const encoder = new TextEncoder();

/** Tokens whose bytes are those of the text, cut anywhere: between characters and within them. */
const cutText = fc
  .tuple(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.array(fc.integer({ min: 1, max: 5 })))
  .map(([text, lengths]) => {
    const bytes = encoder.encode(text);
    const tokens: ChosenToken[] = [];
    for (let at = 0, n = 0; at < bytes.length; n += 1) {
      const end = at + (lengths[n % Math.max(1, lengths.length)] ?? 1);
      tokens.push({ id: n, ...tokenText(bytes.slice(at, end)), logProbability: -n, alternatives: [] });
      at = end;
    }
    return { text, tokens };
  });

function token(text: string, ...alternatives: string[]): TracedToken {
  const of = (each: string) => ({ id: each.charCodeAt(0), text: each, logProbability: -1 });
  return { ...of(text), alternatives: alternatives.map(of) };
}

const TRACE: TokenTrace = {
  start: 0,
  from: 0,
  tokens: [token(' Rest', ' Sleep'), token(' well', ' now', '\n', '</s>'), token('.', '!')],
};

describe('traceOf', () => {
  it('spells the reply, however its characters are cut, and fits the record', () => {
    fc.assert(
      fc.property(cutText, ({ text, tokens }) => {
        const trace = traceOf(tokens, '', null);
        expect(trace === undefined).toBe(tokens.length === 0);
        if (!trace) return;
        expect(spelled(trace.tokens)).toBe(text);
        expect(tokenTrace.parse(structuredClone(trace))).toEqual(trace);
        expect(agrees(text, trace)).toBe(true);
        expect(JSON.parse(JSON.stringify(trace))).toEqual(trace);
      }),
    );
  });

  it('goes on where the tokens before spell what the reply began with', () => {
    const told: ChosenToken[] = [{ id: 1, text: ' Eat', logProbability: -2, alternatives: [] }];
    const on = traceOf(told, 'Rest well.', TRACE);
    expect(on).toMatchObject({ start: 0, from: 3 });
    expect(on?.tokens.map(({ text }) => text)).toEqual([' Rest', ' well', '.', ' Eat']);
    expect(traceOf(told, 'Rest otherwise.', TRACE)).toMatchObject({ start: 15, from: 0 });
    expect(traceOf(told, 'Rest well.', null)).toMatchObject({ start: 10, from: 0 });
    expect(traceOf([], 'Rest well.', null)).toBeUndefined();
  });

  it('keeps what JSON can say of a probability', () => {
    const never = { id: 1, text: 'a', logProbability: Number.NEGATIVE_INFINITY };
    const trace = traceOf([{ ...never, logProbability: Number.NaN, alternatives: [never] }], '', null);
    expect(trace?.tokens).toEqual([
      { id: 1, text: 'a', logProbability: null, alternatives: [{ id: 1, text: 'a', logProbability: null }] },
    ]);
    expect(probability({ logProbability: null })).toBe(0);
    expect(probability({ logProbability: Math.log(0.25) })).toBeCloseTo(0.25, 12);
  });
});

describe('branchAt', () => {
  const at = (n: number, alternative: number, text = 'Rest well.') => {
    const other = TRACE.tokens[n]?.alternatives[alternative];
    if (!other) throw new Error('no such alternative');
    return branchAt(text, TRACE, n, other);
  };

  it('is the reply up to there with the other token, also at its beginning and at white space', () => {
    expect(at(1, 0)).toMatchObject({ text: 'Rest now', trace: { start: 0, from: 2 } });
    expect(at(0, 0)).toMatchObject({ text: 'Sleep' });
    expect(at(1, 1)).toMatchObject({ text: 'Rest\n' });
    const branch = at(2, 0);
    expect(branch).toMatchObject({ text: 'Rest well!' });
    if ('trace' in branch) {
      expect(branch.trace.tokens.at(-1)).toMatchObject({ text: '!', alternatives: [{ text: '!' }] });
      expect(agrees('Rest well!', branch.trace)).toBe(true);
    }
  });

  it('keeps the space of a reply that is shown as it is', () => {
    expect(at(1, 0, ' Rest well.')).toMatchObject({ text: ' Rest now' });
  });

  it('keeps what stood before the tokens', () => {
    const later = { ...TRACE, start: 3 };
    const [, second] = TRACE.tokens;
    if (!second?.alternatives[0]) throw new Error('no token');
    expect(branchAt('Do. Rest well.', { ...later, start: 3 }, 1, second.alternatives[0])).toMatchObject({
      text: 'Do. Rest now',
    });
  });

  it('refuses what is no text to go on from', () => {
    expect(at(1, 2)).toEqual({ refused: 'control' });
    expect(at(1, 0, 'Changed by hand.')).toEqual({ refused: 'changed' });
    const byte = traced({ id: 9, ...tokenText(Uint8Array.of(0xf0)), logProbability: -1 });
    expect(branchAt('Rest well.', TRACE, 1, byte)).toEqual({ refused: 'part-of-character' });
    expect(branchAt('Rest well.', TRACE, 9, byte)).toEqual({ refused: 'changed' });
  });

  it('loses no character before the token, however tokens cut the text', () => {
    fc.assert(
      fc.property(cutText, fc.nat(), ({ text, tokens }, n) => {
        const trace = traceOf(tokens, '', null);
        if (!trace) return;
        const place = n % trace.tokens.length;
        const branch = branchAt(text, trace, place, { id: 1, text: 'X', logProbability: -1 });
        if ('refused' in branch) return;
        expect(branch.text.endsWith('X')).toBe(true);
        expect(text.trimStart().startsWith(branch.text.slice(0, -1).trimStart())).toBe(true);
      }),
    );
  });
});
