import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BATCH_MS, TokenBatcher } from './token-batcher.ts';

describe('TokenBatcher', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function setUp() {
    const sent: (readonly [string, number])[] = [];
    const batcher = new TokenBatcher(
      (text, tokens) => sent.push([text, tokens]),
      () => Date.now(),
    );
    return { sent, batcher };
  }

  it('sends the first token at once and joins those that follow closely', () => {
    const { sent, batcher } = setUp();
    batcher.push('a', 1);
    expect(sent).toEqual([['a', 1]]);
    batcher.push('b', 2);
    batcher.push('c', 3);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(BATCH_MS);
    expect(sent).toEqual([
      ['a', 1],
      ['bc', 3],
    ]);
  });

  it('never keeps a token waiting that comes slowly', () => {
    const { sent, batcher } = setUp();
    for (let tokens = 1; tokens <= 5; tokens += 1) {
      batcher.push('x', tokens);
      expect(sent).toHaveLength(tokens);
      vi.advanceTimersByTime(BATCH_MS);
    }
  });

  it('sends at most one message a frame at any speed, and loses nothing', () => {
    const { sent, batcher } = setUp();
    for (let tokens = 1; tokens <= 1000; tokens += 1) {
      batcher.push('x', tokens);
      vi.advanceTimersByTime(1);
    }
    batcher.flush();
    expect(sent.length).toBeLessThanOrEqual(1000 / BATCH_MS + 2);
    expect(sent.map(([text]) => text).join('')).toHaveLength(1000);
    expect(sent.at(-1)?.[1]).toBe(1000);
  });

  it('flushes once, and leaves no timer behind', () => {
    const { sent, batcher } = setUp();
    batcher.push('a', 1);
    batcher.push('b', 2);
    batcher.flush();
    batcher.flush();
    vi.runAllTimers();
    expect(sent).toHaveLength(2);
  });
});
