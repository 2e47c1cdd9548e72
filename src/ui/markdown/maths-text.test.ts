import { expect, it } from 'vitest';
import { normaliseMaths } from './maths-text.ts';

it.each([
  ['no formula at all', 'no formula at all'],
  ['It costs $5 and $10.', 'It costs \\$5 and \\$10.'],
  ['from $5-$10', 'from \\$5-\\$10'],
  ['so $x^2$ holds', 'so $x^2$ holds'],
  ['so \\(x^2\\) holds', 'so $x^2$ holds'],
  ['a\n\\[\nx = 1\n\\]\nb', 'a\n$$\nx = 1\n$$\nb'],
  ['$$x = 1$$', '$$\nx = 1\n$$'],
  ['inline $$x$$ here', 'inline $$x$$ here'],
  ['`$5 \\(a\\)` and ``a ` $b$``', '`$5 \\(a\\)` and ``a ` $b$``'],
  ['```\n$a$ \\[b\\]\n```\n$c$', '```\n$a$ \\[b\\]\n```\n$c$'],
  ['```\n$a$ unfinished', '```\n$a$ unfinished'],
  ['already \\$5', 'already \\$5'],
  ['open \\(x', 'open \\(x'],
  ['open $x', 'open \\$x'],
])('%j becomes %j', (text, expected) => {
  expect(normaliseMaths(text)).toBe(expected);
});
