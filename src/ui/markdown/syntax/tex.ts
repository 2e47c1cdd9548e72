/**
 * Which TeX is set as a formula. TeX drops spaces, takes `~` for one and `%` for the begin of a comment, and raises one figure of
 * `10^12` only: where that would change a quantity the source is shown instead.
 */

/** Longer "formulas" are a mistake or an attack: typesetting cost grows faster than length. */
export const MAX_TEX_CHARACTERS = 1500;

/** Commands that hide, move or redefine what is written. */
const UNTRUE =
  /\\(?:[hv]?phantom|(?:text)?color|f?colorbox|(?:math)?[rlc]lap|smash|m?kern|[hm]skip|hspace|raisebox|rule|[egx]?def|let|futurelet|(?:re)?newcommand|providecommand|char|mathchoice|tag|includegraphics|href|url|html\w+|verb|mathclap)(?![a-zA-Z])/;
const TEXT_GROUP = /\\(?:text(?:rm|it|bf|sf|tt)?|mbox)\s*\{[^{}]*\}/g;

const COMMAND = /\\[a-zA-Z]/;
const RAISED = /[\^_]/;
const RELATION = /[=<>≤≥≈]/;
/** One letter alone, as a variable is. */
const VARIABLE = /(?<!\p{L})\p{L}(?!\p{L})/u;
const VARIABLES = /^\s*\p{L}'{0,2}(?:\s*,\s*\p{L}'{0,2})*\s*$/u;
const OPERATOR = /[+\-*/|!]/;

/** What surrounds it: a lone dollar is money more often, square brackets with a backslash are brackets more often. */
export type Delimiter = '$' | '$$' | '\\(' | '\\[' | 'line' | 'lines';

/** Whether a text between such delimiters is a formula, and one that reads as it is written. */
export function isFormula(tex: string, delimiter: Delimiter): boolean {
  if (tex.length > MAX_TEX_CHARACTERS || tex.trim() === '') return false;
  return looksLikeFormula(tex, delimiter) && readsAsWritten(tex);
}

function looksLikeFormula(tex: string, delimiter: Delimiter): boolean {
  if (COMMAND.test(tex) || RAISED.test(tex)) return true;
  if (delimiter === 'lines') return RELATION.test(tex) || VARIABLE.test(tex);
  // Within a sentence `\[n = 12\]` is an escaped bracket.
  if (delimiter === '\\[') return false;
  if (delimiter === 'line') return RELATION.test(tex) && VARIABLE.test(tex);
  const calculates = VARIABLE.test(tex) && (RELATION.test(tex) || OPERATOR.test(tex));
  if (delimiter === '$' && /^[-+]?[\d.,\p{Sc}]/u.test(tex)) return RELATION.test(tex) && VARIABLE.test(tex);
  return calculates || VARIABLES.test(tex) || (delimiter !== '$' && RELATION.test(tex));
}

function readsAsWritten(tex: string): boolean {
  if (UNTRUE.test(tex)) return false;
  if (/(?:^|[^\\])(?:\\\\)*[%~#$]/.test(tex)) return false;
  if (!tex.includes('\\begin') && /(?:^|[^\\])&/.test(tex)) return false;
  // Only one token is raised or lowered.
  if (/[\^_]\s*(?:\d[\d.,]|[-+−±.]\s*[\d\p{L}]|\p{L}{2}|\p{N}(?<!\d))/u.test(tex)) return false;
  const bare = tex
    .replace(TEXT_GROUP, '\u0001')
    .replace(/\\[a-zA-Z]+\s*/g, '\u0001')
    .replace(/\\[^a-zA-Z]/g, '\u0001');
  return !/[\p{L}\p{N}.,][ \t\n]+[\p{L}\p{N}.,]/u.test(bare);
}

/**
 * Whether every figure of a formula is in what was set of it. Sorted, since roots, sums and indices are set in another order
 * than they are written.
 */
export function holdsFigures(tex: string, set: string): boolean {
  return figuresOf(tex) === figuresOf(set);
}

function figuresOf(text: string): string {
  return (text.match(/\p{N}/gu) ?? []).sort().join('');
}
