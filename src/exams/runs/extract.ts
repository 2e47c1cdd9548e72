/** Where the answer stands in what a model wrote. Rules are shown to people, and what none can read is counted. */
import { indexOfLetter } from '../items/item.ts';
import type { ExtractionId } from './run-plan.ts';

export const EXTRACTION_NAMES: Readonly<Record<ExtractionId, string>> = {
  'first-letter': 'The first letter or digit of the reply, as Meditron’s authors read it',
  'after-answer-is':
    'The first word after the last “answer is”, as Meditron’s authors read a chain of thought',
  'final-answer': 'The letter after the last “Answer:” or “Final Answer:”',
  'letter-or-text':
    'A letter, not a word such as “a”, at the start or after “answer is”; else the one option whose text the reply holds',
};

/** @param options in the order shown. @returns the position; null when the reply cannot be read by the rule. */
export function extractAnswer(reply: string, rule: ExtractionId, options: readonly string[]): number | null {
  switch (rule) {
    case 'first-letter':
      return firstLetter(reply, options);
    case 'after-answer-is':
      return afterAnswerIs(reply, options);
    case 'final-answer':
      return finalAnswer(reply, options);
    case 'letter-or-text':
      return (
        beginsWithLetter(reply, options) ??
        finalAnswer(reply, options) ??
        (isArticle(reply.split(/answer is/i).at(-1) ?? '') ? null : afterAnswerIs(reply, options)) ??
        leadingLetter(reply, options) ??
        optionText(reply, options)
      );
  }
}

/** `evaluate.py`: everything but letters and digits becomes space; then the first character. yes/no items have no letter. */
function firstLetter(reply: string, options: readonly string[]): number | null {
  const [first = ''] = reply.split('\n\n');
  const words = asciiWords(first);
  return position(words.charAt(0), options) ?? wordOption(words.split(' ')[0] ?? '', options);
}

function afterAnswerIs(reply: string, options: readonly string[]): number | null {
  const parts = asciiWords(reply).split(/answer is/i);
  if (parts.length < 2) return null;
  const [word = ''] = (parts.at(-1) ?? '').trim().split(' ');
  return wordOption(word, options) ?? position(word.charAt(0), options, word.length);
}

function finalAnswer(reply: string, options: readonly string[]): number | null {
  const last = [...reply.matchAll(/\banswer\s*:\s*(?:[$*(]+\s*)?([A-Za-z])(?![A-Za-z])/gi)].at(-1);
  if (last === undefined || isArticle(reply.slice(last.index + last[0].length - 1))) return null;
  return position(last[1] ?? '', options);
}

/** "a beta-blocker", "I think": a word, not a letter. "A because" stays one. */
function isArticle(text: string): boolean {
  return /^[\s*(“"]*(?:a|I)[*”"]*\s+\p{L}/u.test(text);
}

/** An option such as "C. difficile" or "B cells", written where its first letter would be taken for another's. */
function beginsWithLetter(reply: string, options: readonly string[]): number | null {
  const text = fold((reply.split(/\banswer\s*(?:is\b|:)/i).at(-1) ?? '').replace(/^[\s$*(“"]+/, ''));
  const folded = options.map(fold);
  const begun = folded
    .filter((option) => /^\p{L}[^\p{L}\p{N}]/u.test(option) && text.startsWith(option))
    .filter((option) => !/^[\p{L}\p{N}]/u.test(text.slice(option.length)))
    .sort((a, b) => b.length - a.length);
  const [longest] = begun;
  return longest === undefined ? null : onlyIndex(folded, longest);
}

function leadingLetter(reply: string, options: readonly string[]): number | null {
  const match = /^\s*[*(]*([A-Z])(?:[).:,*]|\s*(?:\n|$))/.exec(reply);
  return position(match?.[1] ?? '', options);
}

/** The only option the reply holds; one that is a part of another held one gives way to it. */
function optionText(reply: string, options: readonly string[]): number | null {
  const text = fold(reply);
  const folded = options.map(fold);
  const held = folded.filter((option) => holdsWords(text, option));
  const longest = held.filter((option) => !held.some((other) => other !== option && other.includes(option)));
  const [only] = longest;
  return only !== undefined && longest.every((option) => option === only) ? onlyIndex(folded, only) : null;
}

function holdsWords(text: string, words: string): boolean {
  if (words === '') return false;
  const letter = /[\p{L}\p{N}]/u;
  for (let at = text.indexOf(words); at >= 0; at = text.indexOf(words, at + 1)) {
    if (!letter.test(text.charAt(at - 1)) && !letter.test(text.charAt(at + words.length))) return true;
  }
  return false;
}

/** null when two options read the same: nobody can say which was meant. */
function onlyIndex(options: readonly string[], wanted: string): number | null {
  const index = options.indexOf(wanted);
  return index >= 0 && options.lastIndexOf(wanted) === index ? index : null;
}

/** For items whose options are words (yes, no, maybe). */
function wordOption(word: string, options: readonly string[]): number | null {
  return word.length > 1 ? onlyIndex(options.map(fold), fold(word)) : null;
}

function position(letter: string, options: readonly string[], wordLength = 1): number | null {
  const index = indexOfLetter(letter);
  // A word such as "because" is no letter.
  return index >= 0 && index < options.length && wordLength <= 1 ? index : null;
}

function asciiWords(text: string): string {
  return text
    .replace(/[^a-zA-Z0-9]/g, ' ')
    .replace(/ +/g, ' ')
    .trim();
}

function fold(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[.!\s]+$/u, '')
    .replace(/\s+/g, ' ')
    .trim();
}

/**
 * The answer most branches gave; of several with as many, the one that came first, as Python's `Counter.most_common`. Branches that
 * cannot be read have no vote. null when none can.
 */
export function majority(answers: readonly (number | null)[]): number | null {
  const votes = new Map<number, number>();
  for (const answer of answers) if (answer !== null) votes.set(answer, (votes.get(answer) ?? 0) + 1);
  let best: number | null = null;
  for (const [answer, count] of votes) if (best === null || count > (votes.get(best) ?? 0)) best = answer;
  return best;
}
