import '../../network/egress-gate.ts';
import { openDatabase } from '../../database/database.ts';
import type { SearchReply, SearchRequest } from './search-protocol.ts';
import { searchService } from './search-service.ts';

// An upgrade in another tab closes this connection; the page's own one tells the person.
const quiet = (): void => undefined;

const answer = searchService(
  () => openDatabase({ onBlocked: quiet, onOutdated: quiet }),
  (message: SearchReply) => {
    self.postMessage(message);
  },
);

self.addEventListener('message', (event: MessageEvent<SearchRequest>) => {
  void answer(event.data);
});
