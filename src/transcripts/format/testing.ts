/** Arbitrary conversations for property tests: trees with edits and versions, every Unicode plane, lone surrogates, odd numbers. */
import fc from 'fast-check';
import type { Conversation, Message } from '../../database/records.ts';
import type { TranscriptChat } from './document.ts';
import type { TranscriptSource } from '../export/export-json.ts';
import { ModelTally } from './header.ts';

/** Chats as an export sees them. */
export function sourceOf(chats: readonly TranscriptChat[]): TranscriptSource {
  const tally = new ModelTally();
  for (const chat of chats) tally.add(chat);
  return { header: tally.header(1_700_000_000_000, '1.2.3'), folders: [], chats: () => chats };
}

export async function textOf(pieces: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.string({ unit: 'grapheme', maxLength: 60 }),
  fc.constantFrom(
    '',
    '__proto__',
    '</script><script>alert(1)</script>',
    '--> <!--',
    '```\nSHA-256',
    '\u2028\u0000\uFEFF',
    '\uD800',
    'a\r\nb',
  ),
);
const time = fc.integer({ min: 0, max: 8_640_000_000_000 });
const sampling = fc.record({
  temperature: fc.double({ min: 0, max: 5, noNaN: true }).map((value) => value + 0),
  topP: fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0),
  topK: fc.nat(),
  repetitionPenalty: fc.double({ min: 0, max: 5, noNaN: true }).map((value) => value + 0),
  seed: fc.option(fc.integer()),
  maxTokens: fc.integer({ min: 1, max: 4096 }),
});
const choice = fc
  .record({
    id: fc.option(fc.nat()),
    text,
    bytes: fc.option(fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 4 })),
    logProbability: fc.option(fc.double({ min: -1e3, max: 0, noNaN: true }).map((value) => value + 0)),
  })
  .map(({ bytes, ...rest }) => ({ ...rest, ...(bytes && { bytes }) }));
const tokens = fc.record({
  start: fc.nat(9),
  from: fc.nat(9),
  tokens: fc.array(
    fc
      .tuple(choice, fc.array(choice, { maxLength: 3 }))
      .map(([chosen, alternatives]) => ({ ...chosen, alternatives })),
    { maxLength: 4 },
  ),
});
/** Members that a reply has or has not. */
const extras = fc.record(
  {
    tokens,
    stops: fc.array(text, { maxLength: 2 }),
    continues: fc.nat(99),
    branch: fc.record({ messageId: fc.uuid(), token: fc.nat(99) }),
  },
  { requiredKeys: [] },
);
const provenanceFacts = fc.record({
  modelId: text,
  modelName: text,
  quantization: text,
  source: text,
  sourceSha256: text,
  librarySha256: text,
  engine: fc.constantFrom('llamacpp' as const, 'mlc' as const),
  engineVersion: text,
  backend: fc.constantFrom('webgpu' as const, 'cpu' as const),
  adapter: text,
  promptFormat: text,
  systemText: text,
  demonstrations: fc.nat(5),
  prompt: text,
  droppedMessageIds: fc.array(fc.uuid(), { maxLength: 3 }),
  sampling,
  seedUsed: fc.option(fc.integer()),
  ignoredSampling: fc.array(text, { maxLength: 2 }),
  promptTokens: fc.nat(),
  reusedTokens: fc.nat(),
  completionTokens: fc.nat(),
  timeToFirstTokenMs: fc.nat(),
  decodeTokensPerSecond: fc.nat(),
  finishReason: fc.option(fc.constantFrom('stop' as const, 'length' as const, 'aborted' as const)),
  noticeVersion: text,
  noticeAcknowledgedAt: time,
  appVersion: text,
  startedAt: time,
});

const provenance = fc.tuple(provenanceFacts, extras).map(([facts, more]) => ({ ...facts, ...more }));

/** A chat whose messages form a valid tree: each parent comes before its child. */
export const arbitraryChat: fc.Arbitrary<TranscriptChat> = fc
  .record({
    id: fc.uuid(),
    title: text,
    titleFrom: fc.constantFrom('auto' as const, 'person' as const),
    createdAt: time,
    updatedAt: time,
    folderId: fc.option(fc.uuid()),
    pinned: fc.boolean(),
    promptFormat: fc.option(text),
    systemText: fc.option(text),
    sampling: fc.option(sampling),
    drafts: fc.array(
      fc.record({
        id: fc.uuid(),
        parent: fc.nat(),
        root: fc.boolean(),
        role: fc.constantFrom('user' as const, 'assistant' as const),
        text,
        createdAt: time,
        status: fc.constantFrom(
          'complete' as const,
          'interrupted' as const,
          'stopped' as const,
          'failed' as const,
        ),
        edited: fc.boolean(),
        errorCode: fc.option(text),
        provenance: fc.option(provenance),
      }),
      { maxLength: 8 },
    ),
    leaf: fc.nat(),
  })
  .map(({ drafts, leaf, ...rest }) => {
    const unique = drafts.filter((draft, at) => drafts.findIndex(({ id }) => id === draft.id) === at);
    const messages = unique.map(({ parent, root, ...message }, at): Message => ({
      ...message,
      conversationId: rest.id,
      parentId: at === 0 || root ? null : (unique[parent % at]?.id ?? null),
    }));
    const conversation: Conversation = {
      ...rest,
      leafId: messages[leaf % Math.max(messages.length, 1)]?.id ?? null,
    };
    return { conversation, messages };
  });

/** A message for each text, each after the one before; everything else, provenance too, is some arbitrary chat's. */
export function chatSaying(...texts: readonly string[]): TranscriptChat {
  const [sample] = fc.sample(
    arbitraryChat.filter(({ messages: [first] }) => Boolean(first?.provenance)),
    { numRuns: 1, seed: 3 },
  );
  const [message] = sample?.messages ?? [];
  if (!sample || !message) throw new Error('the sample is empty');
  return {
    conversation: { ...sample.conversation, leafId: `m${texts.length - 1}` },
    messages: texts.map((text, at) => ({
      ...message,
      id: `m${at}`,
      parentId: at === 0 ? null : `m${at - 1}`,
      text,
    })),
  };
}
