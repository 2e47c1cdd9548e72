/** The corpus as corpus.py reads it: questions as patterns, and the answer each of them leads to. For tests. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

const folder = join(import.meta.dirname, 'corpus');

export interface Exchange {
  topic: string;
  /** `Q` and `F` are trained, `H` is held out. */
  tag: 'Q' | 'H' | 'F';
  pattern: string;
  answer: string;
}

/** Every line with a question, with its answer. Errors: a question without an answer. */
export function readExchanges(text: string): Exchange[] {
  const exchanges: Exchange[] = [];
  let topic = '';
  let open: Exchange[] = [];
  let answered: Exchange[] | undefined;
  const close = () => {
    const left = open[0];
    if (left !== undefined) throw new Error(`${left.topic}: no answer to ${left.pattern}`);
    for (const exchange of answered ?? []) exchange.answer = exchange.answer.trim();
    answered = undefined;
  };
  for (const line of text.split('\n')) {
    const [, tag, rest = ''] = /^([QHFAG]): (.*)$/.exec(line) ?? [];
    const heading = /^# (.+?) \| /.exec(line);
    if (heading) {
      close();
      topic = heading[1] ?? '';
    } else if (tag === 'Q' || tag === 'H' || tag === 'F') {
      if (answered) close();
      open.push({ topic, tag, pattern: rest, answer: '' });
    } else if (tag === 'A' || tag === 'G') {
      for (const exchange of open) exchange.answer = rest;
      exchanges.push(...open);
      answered = open;
      open = [];
    } else {
      // An answer may have several lines.
      for (const exchange of answered ?? []) exchange.answer += `\n${line}`;
    }
  }
  close();
  return exchanges;
}

export function readCorpus(): Exchange[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.txt'))
    .sort()
    .flatMap((name) => readExchanges(readFileSync(join(folder, name), 'utf8')));
}

/** All texts of a pattern such as "how (do|can) i save"; "(a|)" is optional, groups nest. */
export function expand(pattern: string): string[] {
  const group = /\(([^()]*\|[^()]*)\)/.exec(pattern);
  if (!group) return [pattern.replaceAll(/ +/g, ' ').trim()];
  const [whole, choices = ''] = group;
  const [before, after] = [pattern.slice(0, group.index), pattern.slice(group.index + whole.length)];
  return [...new Set(choices.split('|').flatMap((choice) => expand(before + choice + after)))];
}

const wording = z
  .object({ synonyms: z.array(z.array(z.string())), frames: z.array(z.array(z.string())) })
  .parse(JSON.parse(readFileSync(join(folder, 'wording.json'), 'utf8')));

/** The other forms in which training asks a question: another opening, or one synonym. */
export function rewordings(question: string): string[] {
  const lower = question.toLowerCase();
  const frames = wording.frames.filter(([first = '']) => lower.startsWith(`${first} `));
  const opened = frames.flatMap(([first = '', ...others]) =>
    others.map((other) => other + lower.slice(first.length)),
  );
  const replaced = wording.synonyms.flatMap((group) =>
    group.flatMap((word) => {
      const place = new RegExp(`\\b${word}\\b`);
      return place.test(lower) ? group.map((other) => lower.replace(place, other)) : [];
    }),
  );
  return [...new Set([...opened, ...replaced])].filter((text) => text !== lower);
}
