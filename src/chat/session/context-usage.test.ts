import { expect, it } from 'vitest';
import type { ShownMessage } from '../../database/records.ts';
import { contextUsage } from './context-usage.ts';

function message(
  text: string,
  promptTokens = 0,
  completionTokens = 0,
  droppedMessageIds: string[] = [],
): ShownMessage {
  const provenance =
    completionTokens > 0
      ? ({ promptTokens, completionTokens, droppedMessageIds } as ShownMessage['provenance'])
      : null;
  return {
    id: text,
    conversationId: 'c',
    parentId: null,
    role: 'user',
    text,
    createdAt: 0,
    status: 'complete',
    edited: false,
    errorCode: null,
    provenance,
  };
}

it('takes the last reply’s own count and estimates only what came after it', () => {
  const path = [message('x'.repeat(10_000)), message('reply', 300, 40), message('y'.repeat(38))];
  expect(contextUsage(path, 38, 2048)).toEqual({ used: 360, window: 2048, leavesOut: false });
});

it('estimates a chat that no model has read', () => {
  expect(contextUsage([], 380, 2048).used).toBe(100);
});

it('says that messages are left out as soon as the last reply was written without them', () => {
  const path = [message('long ago'), message('question'), message('reply', 1500, 200, ['long ago'])];
  expect(contextUsage(path, 0, 2048)).toEqual({ used: 1700, window: 2048, leavesOut: true });
  expect(contextUsage([], 38_000, 2048).leavesOut).toBe(true);
});
