/**
 * Emphasis, as CommonMark has it (https://spec.commonmark.org/0.31.2/#emphasis-and-strong-emphasis) but for three things:
 * a star between operands multiplies (`70*0.5`, `2*h`, `10**9`); bold may end at a punctuation mark with a word at once behind
 * it (`**Dose:**5 mg`, `**血压：**高`); `__init__` is a name. The pairs are found by the algorithm of the specification's
 * appendix, whose bounds keep it linear in the number of marks.
 */
import type { Construct, Effects, Event, Point, State, Token, TokenizeContext } from 'micromark-util-types';
import {
  characterAt,
  characterBefore,
  isNumber,
  isPunctuation,
  isSpace,
  isUnspaced,
  isWord,
} from './characters.ts';

declare module 'micromark-util-types' {
  interface TokenTypeMap {
    emphasisRun: 'emphasisRun';
  }
}

interface Sides {
  readonly open: boolean;
  readonly close: boolean;
}

const NEITHER: Sides = { open: false, close: false };

/** What a number, a variable or a bracketed term ends with. */
const isOperandEnd = (character: string): boolean => isWord(character) || /[)\]}%‰°′″]/u.test(character);
/** A number (and its unit) at the end of what stands before spaces. */
const NUMBER_BEFORE = /[\p{N})\]%][ \t]?[\p{L}%°/]{0,10}[ \t]+$/u;
const NUMBER_AFTER = /[ \t]+[(+\-−.]?\p{N}/uy;
const SIGNED_NUMBER = /[+\-−±~<>.,\p{Sc}]*\p{N}/uy;
/** After these an end of bold is one, whatever follows. */
const ENDS_PHRASE = /[:：.。,，;；!！?？、」』）】》”’…%]/u;

function matchesAt(pattern: RegExp, text: string, at: number): boolean {
  pattern.lastIndex = at;
  return pattern.test(text);
}

/** Whether the run of marks from `at` up to `end` can begin and can end emphasis. */
export function sidesOf(source: string, at: number, end: number): Sides {
  const before = characterBefore(source, at);
  const after = characterAt(source, end);
  const left = !isSpace(after) && (!isPunctuation(after) || isSpace(before) || isPunctuation(before));
  const right = !isSpace(before) && (!isPunctuation(before) || isSpace(after) || isPunctuation(after));
  const number = matchesAt(SIGNED_NUMBER, source, end);
  if (source[at] === '_' && isOperandEnd(before) && number) return NEITHER;
  if (source[at] === '_')
    return {
      open: left && (!right || isPunctuation(before)),
      close: right && (!left || isPunctuation(after)),
    };
  const attached = isOperandEnd(before) && (isWord(after) || number || /[([{√\\]/u.test(after));
  if (end - at === 1) {
    if (attached) return NEITHER;
    const spaced = source.slice(Math.max(0, at - 24), at);
    const multiplies = number && /[ \t]/.test(before) && NUMBER_BEFORE.test(spaced);
    const multiplied = (isNumber(before) || /[)\]%]/.test(before)) && matchesAt(NUMBER_AFTER, source, end);
    const loose = (isUnspaced(before) && !isSpace(after)) || (isUnspaced(after) && !isSpace(before));
    return {
      open: !multiplies && (left || (loose && !ENDS_PHRASE.test(after))),
      close: !multiplied && (right || (loose && ENDS_PHRASE.test(before))),
    };
  }
  if (attached && (number || isNumber(before))) {
    // `**5**mg` ends bold: a power has no unit.
    const unit = isNumber(before) && /^\p{L}{2}/u.test(source.slice(end, end + 4));
    return { open: false, close: unit };
  }
  return {
    open: left || (!isSpace(after) && isUnspaced(before) && !ENDS_PHRASE.test(after)),
    close:
      right ||
      (!isSpace(before) && (ENDS_PHRASE.test(before) || (isUnspaced(after) && isPunctuation(before)))),
  };
}

export function emphasis(source: string): Construct {
  return {
    name: 'emphasisRun',
    tokenize(this: TokenizeContext, effects: Effects, ok: State): State {
      let marker: number | null = null;
      const inside: State = (code) => {
        if (code !== null && code === marker) {
          effects.consume(code);
          return inside;
        }
        effects.exit('emphasisRun');
        return ok(code);
      };
      return (code) => {
        marker = code;
        effects.enter('emphasisRun');
        return inside(code);
      };
    },
    resolveAll: (events, context) => resolve(source, events, context),
  };
}

interface Run extends Sides {
  readonly token: Token;
  readonly mark: string;
  readonly size: number;
  readonly order: number;
  left: number;
  /** Sizes of what begins and of what ends here, innermost first. */
  readonly begins: (1 | 2)[];
  readonly ends: (1 | 2)[];
}

function resolve(source: string, events: Event[], context: TokenizeContext): Event[] {
  const runs = new Map<Token, Run>();
  for (const [kind, token] of events)
    if (kind === 'enter' && token.type === 'emphasisRun') {
      const { start, end } = token;
      runs.set(token, {
        ...sidesOf(source, start.offset, end.offset),
        token,
        mark: source.charAt(start.offset),
        size: end.offset - start.offset,
        order: runs.size,
        left: end.offset - start.offset,
        begins: [],
        ends: [],
      });
    }
  if (runs.size === 0) return events;
  pair(source, [...runs.values()]);
  const result: Event[] = [];
  for (const event of events) {
    const run = event[1].type === 'emphasisRun' ? runs.get(event[1]) : undefined;
    if (!run) result.push(event);
    else if (event[0] === 'exit') write(run, context, result);
  }
  // In place: the caller holds on to the list itself.
  events.length = 0;
  for (const event of result) events.push(event);
  return events;
}

/** Marks in a name such as `__init__` or `_x_y_`. */
const NAME = /^\w+$/;

function pair(source: string, runs: readonly Run[]): void {
  const openers: Run[] = [];
  /** For each kind of end: up to which run none of its beginnings was found. */
  const searched = new Map<string, number>();
  for (const run of runs) {
    const kind = `${run.mark}${String(run.open)}${String(run.size % 3)}`;
    while (run.close && run.left > 0) {
      let at = openers.length - 1;
      const bottom = searched.get(kind) ?? -1;
      while (at >= 0 && !fits(openers[at], run)) at = (openers[at]?.order ?? -1) > bottom ? at - 1 : -1;
      const opener = openers[at];
      if (!opener || opener.order <= bottom) {
        searched.set(kind, run.order - 1);
        break;
      }
      const size = opener.left > 1 && run.left > 1 ? 2 : 1;
      const inner =
        run.mark === '_' && size === 2 ? source.slice(opener.token.end.offset, run.token.start.offset) : '';
      if (NAME.test(inner)) {
        openers.length = at;
        break;
      }
      opener.begins.push(size);
      run.ends.push(size);
      opener.left -= size;
      run.left -= size;
      openers.length = opener.left > 0 ? at + 1 : at;
    }
    if (run.open && run.left > 0) openers.push(run);
  }
}

/** The specification's rule 9: marks that could do both pair only where their lengths leave no other reading. */
function fits(opener: Run | undefined, run: Run): boolean {
  if (!opener || opener.mark !== run.mark) return false;
  if (!opener.close && !run.open) return true;
  return (opener.size + run.size) % 3 !== 0 || (opener.size % 3 === 0 && run.size % 3 === 0);
}

/** The run's events: what it ends (innermost first), what of it stays text, what it begins (outermost first). */
function write(run: Run, context: TokenizeContext, result: Event[]): void {
  const { start, end } = run.token;
  let used = 0;
  const point = (): Point => {
    if (used === run.size) return { ...end };
    return {
      ...start,
      column: start.column + used,
      offset: start.offset + used,
      _bufferIndex: start._bufferIndex + used,
    };
  };
  const mark = (type: 'strongSequence' | 'emphasisSequence' | 'data', size: number): void => {
    const token: Token = { type, start: point(), end: start };
    used += size;
    token.end = point();
    result.push(['enter', token, context], ['exit', token, context]);
  };
  for (const size of run.ends) {
    mark(size === 2 ? 'strongSequence' : 'emphasisSequence', size);
    const token: Token = { type: size === 2 ? 'strong' : 'emphasis', start: { ...start }, end: point() };
    result.push(['exit', token, context]);
  }
  if (run.left > 0) mark('data', run.left);
  for (const size of [...run.begins].reverse()) {
    const token: Token = { type: size === 2 ? 'strong' : 'emphasis', start: point(), end: { ...end } };
    result.push(['enter', token, context]);
    mark(size === 2 ? 'strongSequence' : 'emphasisSequence', size);
  }
}
