// @vitest-environment happy-dom
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { writeHtml } from './export-html.tsx';
import { fingerprintOf, makeSigningKey, sign } from '../../../formats/signature/signature.ts';
import { textSha256 } from '../../format/integrity/canonical.ts';
import { HTML_HASH, MARKDOWN_HASH } from '../../format/integrity/hash-marks.ts';
import { readTranscriptText } from '../../import/files/read-file.ts';
import { arbitraryChat, chatSaying, sourceOf, textOf } from '../../format/testing.ts';

// KaTeX refuses documents in quirks mode, which this one claims to be in.
Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' });

test('HTML brings back every conversation as it was, and says unchanged', async () => {
  await fc.assert(
    fc.asyncProperty(arbitraryChat, async (chat) => {
      const text = await textOf(writeHtml(sourceOf([chat])));
      const read = await readTranscriptText(text);
      expect(read.integrity).toEqual({ state: 'consistent' });
      expect(read.chats).toEqual([chat]);
    }),
    { numRuns: 40 },
  );
});

test('a word changed in or added to the readable part is noticed, although the data inside is whole', async () => {
  const text = await textOf(writeHtml(sourceOf([chatSaying('A word of mine.')])));
  const changes = [
    text.replace('Advisory notice', 'Friendly hint'),
    text.replace('A word of mine', 'A word of yours'),
    `${text}<p>Take two.</p>\n`,
    text.replace('</body>', '<p>Take two.</p></body>'),
    text.replace('</code></p></footer>', ' Take two.</code></p></footer>'),
    `${text}\n${MARKDOWN_HASH.mark}${'0'.repeat(64)}\n`,
  ];
  for (const changed of changes) {
    expect(changed).not.toBe(text);
    const read = await readTranscriptText(changed);
    expect(read.integrity).toMatchObject({ state: 'changed' });
  }
  for (const saved of [text, text.trimEnd(), text.replaceAll('\n', '\r\n')])
    expect((await readTranscriptText(saved)).integrity).toEqual({ state: 'consistent' });
});

test('a signature is of what a reader sees, too: a forged page with its hash made anew does not fit', async () => {
  const key = await makeSigningKey('Ward 3');
  const text = await textOf(
    writeHtml({
      ...sourceOf([chatSaying('A word of mine.')]),
      sign: (sha256) => sign(key, 'transcript', sha256),
    }),
  );
  const fingerprint = await fingerprintOf(key.publicKey);
  expect(text).toContain(`Signed by “Ward 3”, key ${fingerprint}; Import in Meditron Web says`);
  const read = await readTranscriptText(text);
  const signed = { name: 'Ward 3', fingerprint };
  expect(read).toMatchObject({ integrity: { state: 'consistent' }, signed: { ...signed, fits: true } });
  const forged = text.replace('A word of mine', 'A word of yours');
  const at = forged.lastIndexOf(HTML_HASH.mark);
  const tail = forged.slice(at + HTML_HASH.mark.length + 64);
  const anew = `${forged.slice(0, at)}${HTML_HASH.mark}${await textSha256(forged.slice(0, at))}`;
  // With the signature of another text, and with none.
  for (const page of [`${anew}${tail}`, `${anew}${HTML_HASH.tail}`])
    expect(await readTranscriptText(page)).toMatchObject({
      integrity: { state: 'consistent' },
      signed: { ...signed, fits: false },
    });
});
