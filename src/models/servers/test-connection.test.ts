import { expect, it } from 'vitest';
import { MAX_SERVED_NAME } from './server-records.ts';
import { tryServer } from './test-connection.ts';

it('a name that could not be kept is refused before anything is asked', async () => {
  const model = 'm'.repeat(MAX_SERVED_NAME + 1);
  const told: unknown[] = [];
  const tried = tryServer(
    { root: 'http://127.0.0.1:1/', key: '', model },
    AbortSignal.timeout(5000),
    (models) => told.push(models),
  );
  await expect(tried).rejects.toMatchObject({ code: 'server/model' });
  expect(told).toEqual([]);
});
