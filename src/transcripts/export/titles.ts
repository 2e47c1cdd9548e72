import type { TranscriptSource } from './export-json.ts';
import type { Selection } from './store-source.ts';

/** What a file is called after: the chat's title when it holds one chat. */
export async function exportTitle(source: TranscriptSource, selection: Selection): Promise<string> {
  if (selection === 'all') return 'meditron-web-backup';
  if (selection.length !== 1) return 'meditron-web-chats';
  for await (const { conversation } of source.chats()) return conversation.title;
  return 'transcript';
}

/** What heads a readable file. */
export async function documentTitle(source: TranscriptSource): Promise<string> {
  if (source.header.chats === 1)
    for await (const { conversation } of source.chats()) return conversation.title;
  return 'Transcript';
}
