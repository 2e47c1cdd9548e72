import Papa from 'papaparse';
import { expect, it } from 'vitest';
import { keepComparison, keepRating, readVersions } from '../../conversations/data/judgements.ts';
import { appendQuestion } from '../../conversations/data/repository.ts';
import { createUniverse, openTestStore } from '../../conversations/data/test-store.ts';
import { importConversations, readConversation } from '../../conversations/data/whole/whole-chats.ts';
import { startReply } from '../../conversations/messages/replies.ts';
import { messageRecord, type Provenance } from '../../database/records.ts';
import { CRITERIA } from '../../lib/rating.ts';
import { judgementRows, versionsCsv } from './rows.ts';

const SCORES = Object.fromEntries(CRITERIA.map(({ id }) => [id, 4]));

async function twoVersions() {
  const store = await openTestStore(createUniverse());
  const { conversation, message } = await appendQuestion(store, {
    conversationId: null,
    parentId: null,
    text: '=1+1?',
  });
  const ids: string[] = [];
  for (const [text, temperature] of [
    ['Two.', 0],
    ['Three.', 0.7],
  ] as const) {
    const about = {
      modelName: 'Demo model',
      engine: 'llamacpp',
      engineVersion: '3.8.1',
      adapter: '',
      backend: 'cpu',
      // The second was asked of a server.
      ...(temperature > 0 && {
        engine: 'remote',
        server: { name: 'Ward', host: 'llm.example.org', model: 'demo', fingerprint: 'fp' },
      }),
      sampling: { temperature },
      seedUsed: 7,
      prompt: 'p',
      tokens: { start: 0, from: 0, tokens: [{ id: 1, text, logProbability: -0.5, alternatives: [] }] },
    };
    const reply = await startReply(store, {
      conversationId: conversation.id,
      parentId: message.id,
      provenance: null,
    });
    await reply.finish({ status: 'complete', text, provenance: about as unknown as Provenance });
    ids.push(reply.messageId);
  }
  const [one, two] = ids;
  if (one === undefined || two === undefined) throw new Error('no versions');
  const versions = () => readVersions(store, { id: one, conversationId: conversation.id });
  return { store, one, two, versions, conversationId: conversation.id };
}

it('keeps what a person found with the replies, the latest of two, and exports it as rows', async () => {
  const { store, one, two, versions, conversationId } = await twoVersions();
  const comparison = { other: two, better: 'tie', hidden: true, swapped: true, note: '', at: 1 } as const;
  await keepComparison(store, one, comparison);
  await keepComparison(store, one, { ...comparison, better: 'this', note: 'It adds up.', at: 2 });
  await keepRating(store, two, { scores: SCORES, flags: ['hallucination'], at: 3 });
  const rows = judgementRows('=1+1?', await versions())
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(rows).toHaveLength(2);
  expect(rows[0]).toMatchObject({
    pair_id: `${one}/${two}`,
    model_1_answer: 'Two.',
    model_2_answer: 'Three.',
    winner: 'model_1',
    was_swapped: true,
    note: 'It adds up.',
    order_hidden: true,
    ran_on_1: 'llamacpp 3.8.1, cpu',
    ran_on_2: 'remote 3.8.1, on Ward (llm.example.org)',
  });
  expect(rows[1]).toMatchObject({ id: two, pair_id: null, scores: SCORES, flags: ['hallucination'] });

  const whole = await readConversation(store, conversationId);
  if (!whole) throw new Error('no chat');
  const elsewhere = await openTestStore(createUniverse());
  await importConversations(elsewhere, [whole]);
  expect(await readConversation(elsewhere, conversationId)).toEqual(whole);
  expect(whole.messages.find(({ id }) => id === one)?.comparisons).toHaveLength(1);
  expect(messageRecord.shape.comparisons.parse([comparison])).toEqual([comparison]);
});

it('tells all versions as a table that no spreadsheet takes for formulas', async () => {
  const { versions } = await twoVersions();
  const csv = versionsCsv('=1+1?', await versions());
  const { data } = Papa.parse<Record<string, string>>(csv.trim(), { header: true });
  expect(data.map(({ reply }) => reply)).toEqual(['Two.', 'Three.']);
  expect(data[0]).toMatchObject({
    question: "'=1+1?",
    temperature: '0',
    seed: '7',
    mean_log_probability: '-0.5',
    server: '',
  });
  expect(data[1]).toMatchObject({ server: 'Ward (llm.example.org)', served_model: 'demo' });
});
