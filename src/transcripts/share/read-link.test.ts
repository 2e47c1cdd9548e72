import { expect, test } from 'vitest';
import { canonicalJson } from '../format/integrity/canonical.ts';
import { toDocument } from '../export/export-json.ts';
import { MAX_LINK_CHARACTERS, MAX_LINK_ENTRIES } from '../format/limits.ts';
import { deflateText, toBase64Url } from '../format/packing.ts';
import { readShareLink } from './read-link.ts';
import { shareLink } from './share-link.ts';
import { chatSaying, sourceOf } from '../format/testing.ts';

const packed = async (text: string): Promise<string> => toBase64Url(await deflateText(text));

test('a small link that holds a hundred thousand messages is refused before they are checked', async () => {
  const document = await toDocument(sourceOf([chatSaying('a')]));
  const tiny = Array.from({ length: 100_000 }, () => ({}));
  for (const many of [
    { conversations: [{ messages: tiny }] },
    { conversations: tiny },
    { folders: tiny },
    { models: tiny },
  ]) {
    const link = await packed(canonicalJson({ ...document, ...many }));
    expect(link.length).toBeLessThan(MAX_LINK_CHARACTERS);
    const start = performance.now();
    await expect(readShareLink(link)).rejects.toMatchObject({
      code: 'transcript/link-too-large',
      details: { limit: MAX_LINK_ENTRIES },
    });
    expect(performance.now() - start).toBeLessThan(5000);
  }
});

test('a chat of more messages than a link is opened with is offered as a file, one of fewer opens', async () => {
  const saying = async (count: number) =>
    toDocument(sourceOf([chatSaying(...Array.from({ length: count }, () => 'a'))]));
  expect(await shareLink(await saying(MAX_LINK_ENTRIES), 'https://host.example/')).toMatchObject({
    kind: 'too-many',
    limit: MAX_LINK_ENTRIES,
  });
  const few = await saying(20);
  const link = await shareLink(few, 'https://host.example/');
  if (link.kind !== 'link') throw new Error(link.kind);
  const read = await readShareLink(link.url.slice(link.url.indexOf('/shared/') + 8));
  expect(read.integrity).toEqual({ state: 'consistent' });
  expect(read.header.models).toEqual(few.models);
  expect(read.chats[0]?.messages).toHaveLength(20);
});

test('what fails is said of the link, not of a file', async () => {
  const another = await packed('{"messages":[{"role":"user","content":"hi"}]}');
  for (const data of ['%%%', 'AAAA', await packed('hello'), await packed('{}'), another])
    await expect(readShareLink(data)).rejects.toMatchObject({ code: 'transcript/link-damaged' });
  const newer = canonicalJson({ format: 'meditron-web-transcript', version: 2 });
  await expect(readShareLink(await packed(newer))).rejects.toMatchObject({
    code: 'transcript/newer-version',
  });
});

test('a chat that can’t be read is named, and so is a changed reply, which is an edited one when it is kept', async () => {
  const document = await toDocument(sourceOf([chatSaying('Take one.')]));
  const changed = canonicalJson(document)
    .replace('Take one.', 'Take ten.')
    .replaceAll('"edited":true', '"edited":false');
  const read = await readShareLink(await packed(changed));
  expect(read.integrity).toMatchObject({ state: 'changed' });
  expect(read.chats[0]?.messages).toMatchObject([{ text: 'Take ten.', edited: true }]);
  const none = await readShareLink(await packed(canonicalJson({ ...document, conversations: [{}] })));
  expect(none.chats).toEqual([]);
  expect(none.skipped).toHaveLength(1);
});
