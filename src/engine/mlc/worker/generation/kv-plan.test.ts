import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MIN_REUSED, planKv } from './kv-plan.ts';

const ids = fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 40 });
const prompts = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 40 });

/** What the cache holds after the plan was carried out. */
function carriedOut(cached: readonly number[], plan: ReturnType<typeof planKv>): number[] {
  const kept = plan.drop === null ? [] : cached.slice(0, cached.length - plan.drop);
  return [...kept, ...plan.feed];
}

describe('planKv', () => {
  it('always ends with exactly the prompt in the cache, and feeds at least its last token', () => {
    fc.assert(
      fc.property(ids, prompts, fc.boolean(), fc.boolean(), (cached, prompt, extend, canRollBack) => {
        const wanted = extend ? [...cached, ...prompt] : prompt;
        const plan = planKv(cached, wanted, canRollBack);
        expect(carriedOut(cached, plan)).toEqual(wanted);
        expect(plan.feed.length).toBeGreaterThanOrEqual(1);
        expect(plan.reused + plan.feed.length).toBe(wanted.length);
        if (!canRollBack) expect(plan.drop === null || plan.drop === 0).toBe(true);
      }),
    );
  });

  it('feeds only what is new when the prompt goes on from the cache', () => {
    expect(planKv([1, 5, 6], [1, 5, 6, 7, 8], false)).toEqual({ reused: 3, drop: 0, feed: [7, 8] });
  });

  it('takes the tail off after an edit or a regeneration, where the library can', () => {
    const shared = Array.from({ length: MIN_REUSED }, (_, at) => at);
    expect(planKv([...shared, 90, 91], [...shared, 50], true)).toEqual({
      reused: MIN_REUSED,
      drop: 2,
      feed: [50],
    });
    expect(planKv([...shared, 90, 91], [...shared, 50], false)).toEqual({
      reused: 0,
      drop: null,
      feed: [...shared, 50],
    });
  });

  it('takes one token back when the cache already holds the whole prompt: its logits are needed', () => {
    const same = Array.from({ length: 20 }, (_, at) => at);
    expect(planKv(same, same, true)).toEqual({ reused: 19, drop: 1, feed: [19] });
  });

  it('does not roll back to a beginning shared by chance', () => {
    expect(planKv([1, 2, 3, 4], [1, 9], true).drop).toBeNull();
  });
});
