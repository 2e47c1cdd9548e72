/** What makes two sets the same: their items, in order, whatever the set is called. */
import {
  canonicalJson,
  contentHash,
  type ContentHash,
} from '../../transcripts/format/integrity/canonical.ts';
import type { Item } from './item.ts';

/** Lower-case hex SHA-256 of the items' canonical JSON (RFC 8785), one a line. */
export async function itemsSha256(items: Iterable<Item>): Promise<string> {
  return itemsSha256By(await contentHash(), items);
}

/** The same amid a transaction of the database, which waits for nothing else. @param hash a new one. */
export function itemsSha256By(hash: ContentHash, items: Iterable<Item>): string {
  for (const item of items) hash.update(`${canonicalJson(item)}\n`);
  return hash.digest();
}

/** What two items of different sets have in common when they are the same question: text and options, in any order. */
export function itemIdentity(item: Pick<Item, 'question' | 'context' | 'options'>): string {
  return JSON.stringify([fold(item.context), fold(item.question), item.options.map(fold).sort()]);
}

/** A text without what files of the same question differ in: composition and white space. */
export function fold(text: string): string {
  return text.normalize('NFC').replace(/\s+/g, ' ').trim();
}
