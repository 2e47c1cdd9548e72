import { expect, test } from 'vitest';
import { fingerprintOf, makeSigningKey, sign } from '../../../formats/signature/signature.ts';
import { textSha256 } from '../../format/integrity/canonical.ts';
import { chatSaying, sourceOf, textOf } from '../../format/testing.ts';
import { writeJsonl } from '../../export/export-jsonl.ts';
import { checkFileText } from '../../format/integrity/check-file.ts';
import { withCheckFiles, withSigner } from './check-files.ts';
import { readInPieces } from './read-in-pieces.ts';
import type { ReadReport } from '../read-result.ts';

async function report(file: Blob, sha256: string | null): Promise<ReadReport> {
  const parts = readInPieces(file, { sha256 });
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

test('a signed check file says who signed, and whether that fits the file; sha256sum passes over the line', async () => {
  const text = await textOf(writeJsonl(sourceOf([chatSaying('A word of mine.', 'Yes.')])));
  const key = await makeSigningKey('Ward 3');
  const sha256 = await textSha256(text);
  const signed = checkFileText(sha256, 'a.jsonl', await sign(key, 'transcript', sha256));
  const signerOf = async (content: string, checkText: string) => {
    const files = [new File([content], 'a.jsonl'), new File([checkText], 'a.jsonl.sha256')];
    const [checked] = await withCheckFiles(files);
    if (!checked) throw new Error('no file');
    return (await withSigner(await report(checked.file, checked.sha256), checked)).signed;
  };
  const fingerprint = await fingerprintOf(key.publicKey);
  expect(await signerOf(text, signed)).toEqual({ name: 'Ward 3', fingerprint, fits: true });
  const other = text.replace('mine', 'yours');
  expect(await signerOf(other, signed)).toMatchObject({ name: 'Ward 3', fits: false });
  // With a check value made anew the signature is of another one.
  const anew = signed.replace(sha256, await textSha256(other));
  expect(await signerOf(other, anew)).toMatchObject({ name: 'Ward 3', fits: false });
  expect(await signerOf(text, checkFileText(sha256, 'a.jsonl'))).toBeUndefined();
  expect(
    await signerOf(text, `${checkFileText(sha256, 'a.jsonl')}# Signed in Meditron Web: {x}\n`),
  ).toBeUndefined();
  expect(
    signed
      .split('\n')
      .slice(1, -1)
      .every((line) => line.startsWith('#')),
  ).toBe(true);
});

test('check files go with the file they name, and with no other of several', async () => {
  const [a, b] = ['a.jsonl', 'b.jsonl'].map((name) => new File(['x'], name));
  if (!a || !b) throw new Error('two files');
  const hash = 'ab'.repeat(32);
  const check = new File([`${hash.toUpperCase()} *b.jsonl\r\nnonsense\n`], 'b.jsonl.sha256');
  expect(await withCheckFiles([a, check, b])).toEqual([
    { file: a, sha256: null, signature: null },
    { file: b, sha256: hash, signature: null },
  ]);
  expect(await withCheckFiles([new File([], 'empty.sha256'), a])).toEqual([
    { file: a, sha256: null, signature: null },
  ]);
});
