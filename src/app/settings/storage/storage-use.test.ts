import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { divideUse } from './storage-use.ts';

describe('who uses how much', () => {
  it('is divided where the browser says what its database holds', () => {
    const use = divideUse(
      { usage: 1000, quota: 5000, usageDetails: { indexedDB: 100, caches: 900 } },
      700,
      150,
    );
    expect(use).toEqual({ models: 700, app: 150, chats: 100, other: 50, used: 1000, free: 4000 });
  });

  it('leaves chats unknown where it does not', () => {
    expect(divideUse({ usage: 1000, quota: 5000 }, 700, 150)).toMatchObject({ chats: null, other: 150 });
  });

  it('gives no free space where there is no quota', () => {
    expect(divideUse({}, 10, 0)).toMatchObject({ used: 10, free: null });
  });

  it('always adds up, whatever the browser says', () => {
    const bytes = fc.nat({ max: 2 ** 40 });
    fc.assert(
      fc.property(
        bytes,
        bytes,
        fc.option(bytes, { nil: undefined }),
        bytes,
        bytes,
        (usage, quota, db, models, app) => {
          const estimate = { usage, quota, ...(db !== undefined && { usageDetails: { indexedDB: db } }) };
          const use = divideUse(estimate, models, app);
          expect(use.models + use.app + (use.chats ?? 0) + use.other).toBe(use.used);
          expect(use.other).toBeGreaterThanOrEqual(0);
          expect(use.free).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
