/** Formulas between `$ $`, `$$ $$`, `\( \)` and `\[ \]`, in running text and on lines of their own. */
import type { Construct, Effects, State, TokenizeContext } from 'micromark-util-types';
import { markdownLineEnding } from 'micromark-util-character';
import { characterAt, characterBefore, isWord } from './characters.ts';
import { isFormula, MAX_TEX_CHARACTERS } from './tex.ts';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    formulaText: 'formulaText';
    formulaFlow: 'formulaFlow';
    formulaData: 'formulaData';
  }
}

export interface Formula {
  readonly tex: string;
  /** Behind its closing delimiter. */
  readonly end: number;
}

/** The formula in running text that begins here. */
export function formulaAt(source: string, at: number): Formula | null {
  const second = source[at + 1];
  if (source[at] === '$') return second === '$' ? between(source, at, '$$', '$$') : inDollars(source, at);
  if (second === '(') return between(source, at, '\\(', '\\)');
  return second === '[' ? between(source, at, '\\[', '\\]') : null;
}

/**
 * Pandoc's rule: an opening dollar stands before a character that is no space, its closing one after such a character and
 * not before a digit (https://pandoc.org/MANUAL.html#math). And none stands at a word or a number.
 */
function inDollars(source: string, at: number): Formula | null {
  const before = characterBefore(source, at);
  if (isWord(before) || before === '$' || /\s/.test(source.charAt(at + 1))) return null;
  const limit = Math.min(source.length, at + MAX_TEX_CHARACTERS);
  for (let place = at + 1; place < limit; place += 1) {
    const character = source[place];
    if (character === '\n' || character === '\r') return null;
    if (character === '\\') place += 1;
    else if (character === '$') {
      const after = characterAt(source, place + 1);
      if (/\s/.test(source.charAt(place - 1)) || isWord(after) || after === '$') return null;
      const tex = source.slice(at + 1, place);
      return isFormula(tex, '$') ? { tex, end: place + 1 } : null;
    }
  }
  return null;
}

function between(source: string, at: number, opening: '$$' | '\\(' | '\\[', closing: string): Formula | null {
  if (opening === '$$' && (source[at + 2] === '$' || source[at - 1] === '$')) return null;
  const close = source.indexOf(closing, at + 2);
  if (close < 0 || close > at + MAX_TEX_CHARACTERS) return null;
  const tex = source.slice(at + 2, close);
  if (opening === '\\(' ? tex.includes('\n') : /\n[ \t]*\n/.test(tex)) return null;
  return isFormula(tex, opening) ? { tex, end: close + 2 } : null;
}

/** What containers put before the lines of a formula in them. */
const LINE_PREFIX = /^[ \t]*(?:>[ \t]?)*/gm;

/** The formula on lines of its own that begins here. */
export function formulaLinesAt(source: string, at: number): Formula | null {
  const opening = source.slice(at, at + 2);
  const closing = opening === '$$' ? '$$' : '\\]';
  if ((opening !== '$$' && opening !== '\\[') || source[at + 2] === '$') return null;
  const reach = source.slice(at + 2, at + 2 + MAX_TEX_CHARACTERS);
  const length = reach.indexOf(closing);
  if (length < 0 || !/^[ \t]*(?:\r?\n|$)/.test(reach.slice(length + 2))) return null;
  const tex = reach
    .slice(0, length)
    .replace(LINE_PREFIX, '')
    .replace(/\n[ \t\r]*(?=\n)/g, '');
  // Brackets on one line may be brackets; on lines of their own nobody writes such.
  const delimiter =
    opening === '\\[' && /^[ \t]*\r?\n/.test(reach) ? 'lines' : opening === '$$' ? '$$' : 'line';
  return isFormula(tex, delimiter) ? { tex, end: at + 2 + length + 2 } : null;
}

export function formulaText(source: string): Construct {
  return {
    name: 'formulaText',
    tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
      const now = (): number => this.now().offset;
      let end = 0;
      const piece: State = (code) => {
        if (now() >= end) {
          effects.exit('formulaText');
          return ok(code);
        }
        // Its end is in another block.
        if (code === null) return nok(code);
        if (markdownLineEnding(code)) {
          effects.enter('lineEnding');
          effects.consume(code);
          effects.exit('lineEnding');
          return piece;
        }
        effects.enter('formulaData');
        return data(code);
      };
      const data: State = (code) => {
        if (code === null || markdownLineEnding(code) || now() >= end) {
          effects.exit('formulaData');
          return piece(code);
        }
        effects.consume(code);
        return data;
      };
      return (code) => {
        const formula = formulaAt(source, now());
        if (!formula) return nok(code);
        ({ end } = formula);
        effects.enter('formulaText');
        return piece(code);
      };
    },
  };
}

const nextLine: Construct = {
  partial: true,
  tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
    return (code) => {
      if (code === null) return nok(code);
      effects.enter('lineEnding');
      effects.consume(code);
      effects.exit('lineEnding');
      return (after) => (this.parser.lazy[this.now().line] ? nok(after) : ok(after));
    };
  },
};

export function formulaFlow(source: string): Construct {
  return {
    name: 'formulaFlow',
    concrete: true,
    tokenize(this: TokenizeContext, effects: Effects, ok: State, nok: State): State {
      const now = (): number => this.now().offset;
      let end = 0;
      const over: State = (code) => {
        effects.exit('formulaFlow');
        return ok(code);
      };
      const line: State = (code) => {
        if (code === null) return over(code);
        if (markdownLineEnding(code)) {
          if (now() >= end || this.interrupt) return over(code);
          return effects.attempt(nextLine, line, over)(code);
        }
        effects.enter('formulaData');
        return data(code);
      };
      const data: State = (code) => {
        if (code === null || markdownLineEnding(code)) {
          effects.exit('formulaData');
          return line(code);
        }
        effects.consume(code);
        return data;
      };
      return (code) => {
        const formula = formulaLinesAt(source, now());
        if (!formula) return nok(code);
        ({ end } = formula);
        effects.enter('formulaFlow');
        return line(code);
      };
    },
  };
}
