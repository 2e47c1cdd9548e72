import { expect, test } from 'vitest';
import { fingerprintOf, makeSigningKey, sign } from '../../formats/signature/signature.ts';
import { writeJson } from '../export/export-json.ts';
import { chatSaying, sourceOf } from '../format/testing.ts';
import { readBackup } from '../import/read-backup.ts';
import { readTranscriptText } from '../import/files/read-file.ts';

test('a signed transcript says who signed it and whether it fits, read whole or chat by chat', async () => {
  const key = await makeSigningKey('Ward 3');
  const fingerprint = await fingerprintOf(key.publicKey);
  let text = '';
  const source = {
    ...sourceOf([chatSaying('A question', 'A reply')]),
    sign: (sha256: string) => sign(key, 'transcript', sha256),
  };
  for await (const piece of writeJson(source)) text += piece;
  const byParts = async (file: string) => {
    const parts = readBackup(new Blob([file]));
    for (;;) {
      const next = await parts.next();
      if (next.done === true) return next.value;
    }
  };
  const fits = { integrity: { state: 'consistent' }, signed: { name: 'Ward 3', fingerprint, fits: true } };
  expect(await readTranscriptText(text)).toMatchObject(fits);
  expect(await byParts(text)).toMatchObject(fits);
  const changed = text.replace('"title":"', '"title":"Not ');
  const unfit = { integrity: { state: 'changed' }, signed: { name: 'Ward 3', fits: false } };
  expect(await readTranscriptText(changed)).toMatchObject(unfit);
  expect(await byParts(changed)).toMatchObject(unfit);
  const plain = text.replace(/,"signature":.*\}\}/, '}');
  expect((await readTranscriptText(plain)).signed).toBeUndefined();
});
