import { expect, it } from 'vitest';
import type { ShownMessage } from '../conversations/records.ts';
import { contextUsage } from './context-usage.ts';

function message(text: string, promptTokens = 0, completionTokens = 0): ShownMessage {
  const provenance =
    completionTokens > 0 ? ({ promptTokens, completionTokens } as ShownMessage['provenance']) : null;
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
  expect(contextUsage(path, 38, 2048)).toEqual({ used: 360, window: 2048 });
});

it('estimates a chat that no model has read', () => {
  expect(contextUsage([], 380, 2048).used).toBe(100);
});
