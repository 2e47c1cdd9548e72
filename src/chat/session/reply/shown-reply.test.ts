import { expect, it } from 'vitest';
import type { ShownMessage } from '../../../database/records.ts';
import type { LiveReply } from './live-replies.ts';
import { errorText } from '../../../errors/error-text.ts';
import { shownReply } from './shown-reply.ts';

const row: ShownMessage = {
  id: 'm',
  conversationId: 'c',
  parentId: 'q',
  role: 'assistant',
  text: 'so far',
  createdAt: 0,
  status: 'streaming',
  edited: false,
  errorCode: null,
  provenance: null,
};

const live: LiveReply = {
  conversationId: 'c',
  messageId: 'm',
  phase: 'writing',
  status: 'streaming',
  text: 'so far and on',
  completionTokens: 4,
  timeToFirstTokenMs: 30,
  tokensPerSecond: 12,
  waiting: null,
  error: null,
};

it('shows what this tab knows before the row does', () => {
  expect(shownReply(row, live)).toMatchObject({
    text: 'so far and on',
    phase: 'writing',
    tokensPerSecond: 12,
  });
});

it('an ended reply is over although its row still says streaming', () => {
  const ended = { ...live, phase: 'ended', status: 'complete', text: 'all' } as const;
  expect(shownReply(row, ended)).toMatchObject({ text: 'all', status: 'complete' });
});

it('takes the row once that is over, with this tab’s speed until the row has its own', () => {
  const ended = { ...live, phase: 'ended', status: 'complete', text: 'all' } as const;
  expect(shownReply({ ...row, status: 'complete', text: 'all' }, ended)).toMatchObject({
    phase: null,
    status: 'complete',
    timeToFirstTokenMs: 30,
    tokensPerSecond: 12,
  });
});

it('a failure stored by another version is still told', () => {
  const shown = shownReply({ ...row, status: 'failed', errorCode: 'engine/from-the-future' }, null);
  expect(shown.error && errorText(shown.error).title).toBe('Something unexpected went wrong');
});
