/** The transcript file as JSON Schema, for programs that are not this app. */
import { z } from '../../lib/zod.ts';
import { transcriptDocument, TRANSCRIPT_VERSION } from './document.ts';

/** @returns JSON Schema 2020-12 of `transcriptDocument`; published as `model-config/transcript.schema.json`. */
export function transcriptJsonSchema(): Record<string, unknown> {
  const { $schema, ...rest } = z.toJSONSchema(transcriptDocument, { target: 'draft-2020-12' });
  return {
    $schema,
    $id: `https://meditron-web.invalid/transcript-${TRANSCRIPT_VERSION}.schema.json`,
    title: `Meditron Web transcript, version ${TRANSCRIPT_VERSION}`,
    description:
      'Times are milliseconds since the epoch. Messages form a tree by parentId: messages with the same parent are versions of each other, and leafId names the end of the path on screen. sha256 covers the members without folders, conversations, exams, sha256 and signature, then each folder, each conversation and each part of exams, each as canonical JSON (RFC 8785) followed by a line feed.',
    ...rest,
  };
}
