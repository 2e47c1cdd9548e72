/**
 * Formulas as language models write them, in the one form the Markdown parser knows: `\( \)` and `\[ \]` become dollars,
 * and dollars that are money stay money. Code is left alone.
 */

/** Code spans and fences (also an unclosed one), or one candidate. Alternatives are tried in this order at each place. */
const PIECES =
  /(?:^|\n) {0,3}(`{3,}|~{3,})[^\n]*(?:\n[\s\S]*?)?(?:\n {0,3}\1[`~]*(?=\s*(?:\n|$))|$)|(`+)(?!`)[^\n]*?[^`\n]\2(?!`)|\\\[([\s\S]+?)\\\]|\\\(([^\n]+?)\\\)|\\\$|\$\$([\s\S]+?)\$\$|\$/g;

/**
 * Pandoc's rule: an opening dollar stands before a character that is no space, its closing one after such a character and
 * not before a digit. https://pandoc.org/MANUAL.html#math
 */
const INLINE = /^\$(?=[^\s$])((?:\\.|[^$\n\\])*?[^\s\\$])\$(?![\d$])/;

export function normaliseMaths(text: string): string {
  // Most replies have none.
  if (!text.includes('$') && !/\\[([]/.test(text)) return text;
  let result = '';
  let at = 0;
  PIECES.lastIndex = 0;
  for (let match = PIECES.exec(text); match; match = PIECES.exec(text)) {
    const found = match[0];
    const [, , , bracketed, inParentheses, doubled] = match;
    result += text.slice(at, match.index);
    at = match.index + found.length;
    if (bracketed !== undefined) result += display(bracketed, result);
    else if (inParentheses !== undefined) result += `$${inParentheses.trim()}$`;
    else if (doubled !== undefined) result += display(doubled, result);
    else if (found === '$') {
      const inline = INLINE.exec(text.slice(match.index))?.[0];
      if (inline === undefined) result += '\\$';
      else {
        result += inline;
        at = match.index + inline.length;
      }
    } else result += found;
    PIECES.lastIndex = Math.max(at, PIECES.lastIndex === match.index ? match.index + 1 : at);
  }
  return result + text.slice(at);
}

/** On lines of its own it is set as a displayed formula. */
function display(tex: string, before: string): string {
  const indent = /(?:^|\n)([ \t]*)$/.exec(before)?.[1];
  const body = tex.trim();
  return indent === undefined ? `$$${body.replace(/\s*\n\s*/g, ' ')}$$` : `$$\n${indent}${body}\n${indent}$$`;
}
