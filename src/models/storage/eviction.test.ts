import { describe, expect, it } from 'vitest';
import { lossOf, readKept } from './eviction.ts';

describe('what the browser cleared', () => {
  const now = { mark: 'm', missing: [], chats: 3 };

  it('is nothing on a first visit and when all is there', () => {
    expect(lossOf(null, { ...now, mark: null })).toBeNull();
    expect(lossOf({ mark: 'm', models: ['Meditron-7B'] }, now)).toBeNull();
  });

  it('is a model whose row is here and whose files are not', () => {
    expect(lossOf({ mark: 'm', models: [] }, { ...now, missing: ['Meditron-7B'] })).toEqual({
      models: ['Meditron-7B'],
      chats: 3,
      database: false,
    });
  });

  it('is everything where the database lost its mark', () => {
    const kept = { mark: 'm', models: ['Meditron-7B'] };
    expect(lossOf(kept, { mark: null, missing: [], chats: 0 })).toEqual({
      models: ['Meditron-7B'],
      chats: 0,
      database: true,
    });
  });

  it.each([null, '', '{', '[]', '{"mark":1}', '"x"'])('takes %j for no memory at all', (text) => {
    expect(readKept(text)).toBeNull();
  });

  it('takes only names as names', () => {
    expect(readKept('{"mark":"m","models":["a",1,null]}')).toEqual({ mark: 'm', models: ['a'] });
  });
});
