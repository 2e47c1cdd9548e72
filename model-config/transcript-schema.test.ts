/** The published schema says what the app writes. After a change: `npx vitest run -u model-config/transcript-schema.test.ts`. */
import { expect, test } from 'vitest';
import { transcriptJsonSchema } from '../src/transcripts/format/json-schema.ts';

test('transcript.schema.json is the schema the app reads by', async () => {
  const text = `${JSON.stringify(transcriptJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('./transcript.schema.json');
});

test('a new version of the file is a new schema, beside the old one', () => {
  expect(transcriptJsonSchema()).toMatchObject({
    properties: { format: { const: 'meditron-web-transcript' }, version: { const: 1 } },
    additionalProperties: false,
  });
});
