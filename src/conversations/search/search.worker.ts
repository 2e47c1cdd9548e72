import '../../network/egress-gate.ts';
import { openDatabase } from '../../database/database.ts';
import { answerCalls, type WorkerScope } from '../../lib/worker/worker-rpc.ts';
import { searchHandlers } from './search-service.ts';

// An upgrade in another tab closes this connection; the page's own one tells the person.
const quiet = (): void => undefined;

answerCalls(
  self as unknown as WorkerScope,
  searchHandlers(async (key) => {
    const db = await openDatabase({ onBlocked: quiet, onOutdated: quiet });
    if (key) {
      const { rowCipher } = await import('../../database/protection/row-cipher.ts');
      db.protection = { kind: key.kind, cipher: rowCipher(key.key) };
    }
    return db;
  }),
);
