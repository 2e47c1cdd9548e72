import { expect, test } from 'vitest';
import { textSha256 } from '../format/canonical.ts';
import { chatSaying, sourceOf, textOf } from '../format/testing.ts';
import { writeJsonl } from '../export/export-jsonl.ts';
import { checkFileText } from '../format/check-file.ts';
import { withCheckFiles } from './check-files.ts';
import { readParts } from './read-parts.ts';
import type { ReadReport } from './read-result.ts';

async function report(file: Blob, sha256: string | null): Promise<ReadReport> {
  const parts = readParts(file, { sha256 });
  for (;;) {
    const next = await parts.next();
    if (next.done) return next.value;
  }
}

test('a JSONL file and its check file: consistent; a word changed in it: not', async () => {
  const text = await textOf(writeJsonl(sourceOf([chatSaying('A word of mine.', 'Yes.')])));
  const check = new File([checkFileText(await textSha256(text), 'a.jsonl')], 'a.jsonl.sha256');
  for (const [name, content, state] of [
    ['a.jsonl', text, 'consistent'],
    ['a (1).jsonl', text, 'consistent'],
    ['a.jsonl', text.replace('mine', 'yours'), 'changed'],
  ] as const) {
    const [checked] = await withCheckFiles([new File([content], name), check]);
    const { integrity } = await report(checked?.file ?? new Blob(), checked?.sha256 ?? null);
    expect(integrity.state).toBe(state);
  }
  expect((await report(new Blob([text]), null)).integrity).toEqual({ state: 'unknown' });
});

test('check files go with the file they name, and with no other of several', async () => {
  const [a, b] = ['a.jsonl', 'b.jsonl'].map((name) => new File(['x'], name));
  if (!a || !b) throw new Error('two files');
  const hash = 'ab'.repeat(32);
  const check = new File([`${hash.toUpperCase()} *b.jsonl\r\nnonsense\n`], 'b.jsonl.sha256');
  expect(await withCheckFiles([a, check, b])).toEqual([
    { file: a, sha256: null },
    { file: b, sha256: hash },
  ]);
  expect(await withCheckFiles([new File([], 'empty.sha256'), a])).toEqual([{ file: a, sha256: null }]);
});
