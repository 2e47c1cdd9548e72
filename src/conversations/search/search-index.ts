/**
 * The search index over titles and messages: segments on the disk, a tail in memory for what changed since. Nothing of it is
 * read until someone searches. Texts changed are noted in `searchLog` by the same transaction that changes them, so the index
 * can lag behind but never forget; hits are checked against the text itself, so it can't show what is no longer there.
 */
import type { Collection } from 'dexie';
import type { ChatDatabase } from '../../database/database.ts';
import type { ConversationRow, MessageRow, SearchLogRow, SearchSegmentRow } from '../../database/schema.ts';
import { buildSegment, mergeSegments, SearchSegment } from './search-segment.ts';
import { newId } from '../data/store.ts';
import { findTerms, indexTerms, queryTerms, type Snippet, snippetOf } from './words.ts';

export interface SearchHit {
  readonly conversationId: string;
  /** null: the title matches. */
  readonly messageId: string | null;
  readonly title: string;
  readonly role: 'user' | 'assistant' | null;
  /** Of the message, or the title itself. */
  readonly snippet: Snippet;
  /** Of the message, or of the chat's last change. */
  readonly at: number;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** Texts found, at most some too many: those changed or deleted since they were indexed are only sorted out of `hits`. */
  readonly total: number;
  /** Texts not searched yet because the index is being built; 0 almost always. */
  readonly pending: number;
}

/** Texts the tail may hold: reading and splitting them takes some 20 ms when the search is opened. */
const TAIL_MAX = 500;
/** Texts in one new segment: some 100 ms of work, between which searches get their turn. */
const SEGMENT_DOCUMENTS = 2_000;
/** Every segment costs a little in each search; this many are merged into one. */
const SEGMENTS_MAX = 8;
/** Words of deleted texts leave the disk when they are this share of a segment … */
const DEAD_SHARE_MAX = 0.02;
/** … or the segment is this old. */
const DEAD_AGE_MS = 24 * 3_600_000;
/** Candidates checked at a time. */
const CHECKED_AT_ONCE = 64;

interface TailDocument {
  readonly seq: number;
  readonly name: string;
  readonly terms: readonly string[];
}

interface LoadedSegment {
  readonly id: string;
  readonly createdAt: number;
  readonly upTo: number;
  readonly segment: SearchSegment;
}

type Text =
  | { readonly of: 'title'; readonly conversation: ConversationRow }
  | { readonly of: 'message'; readonly conversation: ConversationRow; readonly message: MessageRow };

/** Runs `work` when no other tab does the same, else not at all. */
export type Exclusively = (work: () => Promise<void>) => Promise<void>;

export class SearchIndex {
  readonly #db: ChatDatabase;
  readonly #exclusively: Exclusively;
  readonly #now: () => number;
  /** From old to new. */
  #segments: LoadedSegment[] = [];
  /** From old to new. */
  #tail: TailDocument[] = [];
  #pending = 0;
  #refreshed: Promise<void> = Promise.resolve();

  constructor(db: ChatDatabase, exclusively: Exclusively, now: () => number = Date.now) {
    this.#db = db;
    this.#exclusively = exclusively;
    this.#now = now;
  }

  /** Reads what is new since the last call. Calls wait for each other. @throws Dexie's errors */
  refresh(): Promise<void> {
    const refreshed = this.#refreshed.then(() => this.#refresh());
    // The failure goes to the caller; the next call starts afresh.
    this.#refreshed = refreshed.catch(() => undefined);
    return refreshed;
  }

  async #refresh(): Promise<void> {
    const { searchLog, searchSegments } = this.#db;
    const damaged: string[] = [];
    let tailed: number[] = [];
    await this.#db.transaction('r', [searchLog, searchSegments], async () => {
      const ids = await searchSegments.toCollection().primaryKeys();
      const loaded = new Map(this.#segments.map((entry) => [entry.id, entry]));
      const rows = await searchSegments.bulkGet(ids.filter((id) => !loaded.has(id)));
      for (const row of rows) {
        if (!row) continue;
        try {
          const { id, createdAt, upTo = 0, bytes } = row;
          loaded.set(id, { id, createdAt, upTo, segment: new SearchSegment(bytes) });
        } catch {
          // Reported by what follows: the whole index is thrown away and built anew.
          damaged.push(row.id);
        }
      }
      this.#segments = fromOldToNew(ids.flatMap((id) => loaded.get(id) ?? []));
      const oldest = await this.#log(this.#upTo)
        .limit(TAIL_MAX + 1)
        .primaryKeys();
      const all = oldest.length <= TAIL_MAX;
      // Backwards only where there is something at the end: see `#log`.
      tailed = all ? oldest.reverse() : await this.#log(this.#upTo).reverse().limit(TAIL_MAX).primaryKeys();
      // Numbers run without gaps as long as nothing is deleted but from the front; counting rows would read all of them.
      this.#pending = all ? 0 : (tailed[0] ?? 0) - (oldest[0] ?? 1) + 1 - tailed.length;
      const kept = new Set(tailed);
      this.#tail = this.#tail.filter((document) => kept.has(document.seq));
    });
    if (damaged.length > 0) {
      await this.rebuild();
      return this.#refresh();
    }
    await this.#readTail(tailed.reverse());
  }

  /** The texts in which every word of `query` begins a word; titles first, then the newest. Call `refresh` before. */
  async search(query: string, limit: number): Promise<SearchResult> {
    const terms = queryTerms(query);
    if (terms.length === 0) return { hits: [], total: 0, pending: this.#pending };
    const found = this.#segments
      .toReversed()
      .map(({ segment }) => ({ segment, documents: segment.find(terms) }));
    const tail = this.#tail
      .toReversed()
      .filter((document) => terms.every((term) => document.terms.some((word) => word.startsWith(term))));
    const hits: SearchHit[] = [];
    // Up to half of the list for titles, so that a common word in them leaves room for messages.
    await this.#collect(candidates('t', tail, found), terms, Math.ceil(limit / 2), hits);
    await this.#collect(candidates('m', tail, found), terms, limit, hits);
    const total = found.reduce((sum, { documents }) => sum + documents.length, tail.length);
    return { hits, total, pending: this.#pending };
  }

  /** Whether `index` has something worth doing. Call `refresh` before. */
  get worthIndexing(): boolean {
    return this.#pending > 0 || (this.#tail.length > 0 && this.#anyOld(this.#segments));
  }

  /** Whether one is older than a day. One from the future is: the clock was set back, which must not keep deleted words for ever. */
  #anyOld(segments: readonly { readonly createdAt: number }[]): boolean {
    return segments.some(({ createdAt }) => Math.abs(this.#now() - createdAt) > DEAD_AGE_MS);
  }

  /** Moves the log into segments, unless another tab is at it, and tidies them. */
  async index(): Promise<void> {
    await this.#exclusively(async () => {
      // Read anew: another tab may have indexed since.
      await this.refresh();
      let upTo: number | null = this.#upTo;
      while (upTo !== null) upTo = await this.#indexBatch(upTo);
      await this.#compact();
    });
    await this.refresh();
  }

  /** Throws the index away and notes every text anew; for a damaged index. */
  async rebuild(): Promise<void> {
    const { conversations, messages, searchLog, searchSegments } = this.#db;
    await this.#db.transaction('rw', [conversations, messages, searchLog, searchSegments], async () => {
      await searchSegments.clear();
      await searchLog.clear();
      const titles = await conversations.toCollection().primaryKeys();
      const texts = await messages.toCollection().primaryKeys();
      await searchLog.bulkAdd([
        ...titles.map((id) => ({ doc: `t:${id}` })),
        ...texts.map((id) => ({ doc: `m:${id}` })),
      ]);
    });
    this.#segments = [];
    this.#tail = [];
  }

  async #collect(
    names: Iterator<string, undefined>,
    terms: readonly string[],
    limit: number,
    hits: SearchHit[],
  ): Promise<void> {
    const seen = new Set<string>();
    while (hits.length < limit) {
      const batch: string[] = [];
      while (batch.length < CHECKED_AT_ONCE) {
        const next = names.next();
        if (next.done) break;
        if (!seen.has(next.value)) batch.push(next.value);
        seen.add(next.value);
      }
      if (batch.length === 0) return;
      for (const text of (await this.#read(batch)).values()) {
        const body = textOf(text);
        const ranges = findTerms(body, terms);
        if (!ranges || hits.length >= limit) continue;
        const { conversation } = text;
        hits.push({
          conversationId: conversation.id,
          messageId: text.of === 'message' ? text.message.id : null,
          title: conversation.title,
          role: text.of === 'message' ? text.message.role : null,
          snippet: snippetOf(body, ranges),
          at: text.of === 'message' ? text.message.createdAt : conversation.updatedAt,
        });
      }
    }
  }

  /** The texts behind names, in their order, without those that are deleted. */
  async #read(names: readonly string[]): Promise<Map<string, Text>> {
    const { conversations, messages } = this.#db;
    const messageIds = names.flatMap((name) => (name.startsWith('m:') ? [name.slice(2)] : []));
    return this.#db.transaction('r', [conversations, messages], async () => {
      const rows = (await messages.bulkGet(messageIds)).filter((row) => row?.deletedAt === null);
      const wanted = new Set(names.flatMap((name) => (name.startsWith('t:') ? [name.slice(2)] : [])));
      for (const row of rows) if (row) wanted.add(row.conversationId);
      const known = new Map<string, ConversationRow>();
      for (const row of await conversations.bulkGet([...wanted])) {
        if (row && row.order !== null) known.set(row.id, row);
      }
      const byId = new Map(rows.flatMap((row) => (row ? [[row.id, row] as const] : [])));
      const texts = new Map<string, Text>();
      for (const name of names) {
        const message = name.startsWith('m:') ? byId.get(name.slice(2)) : undefined;
        const conversation = known.get(message?.conversationId ?? name.slice(2));
        if (!conversation) continue;
        if (message) texts.set(name, { of: 'message', conversation, message });
        else if (name.startsWith('t:')) texts.set(name, { of: 'title', conversation });
      }
      return texts;
    });
  }

  /** The last entry of the log that is in a segment. */
  get #upTo(): number {
    return this.#segments.reduce((most, { upTo }) => Math.max(most, upTo), 0);
  }

  /**
   * The log after an entry. Never from its beginning, nor backwards from an end that was deleted: until the browser tidies its
   * files, every entry deleted there is stepped over, which takes 100 ms for 200,000 (LevelDB's tombstones).
   */
  #log(after: number): Collection<SearchLogRow, number> {
    return this.#db.searchLog.where(':id').above(after);
  }

  /** @param seqs of the log's newest entries, from old to new. */
  async #readTail(seqs: readonly number[]): Promise<void> {
    const last = this.#tail.at(-1)?.seq ?? 0;
    const rows = await this.#db.searchLog.bulkGet(seqs.filter((seq) => seq > last));
    // One that is gone was put into a segment meanwhile.
    const fresh = rows.flatMap((row) => (row?.seq === undefined ? [] : [{ seq: row.seq, name: row.doc }]));
    if (fresh.length === 0) return;
    const texts = await this.#read([...new Set(fresh.map(({ name }) => name))]);
    for (const { seq, name } of fresh) {
      const text = texts.get(name);
      this.#tail.push({ seq, name, terms: text ? [...indexTerms(textOf(text))] : [] });
    }
  }

  /** @returns the last entry of the log it took in, or null when there was none. */
  async #indexBatch(after: number): Promise<number | null> {
    const { searchLog, searchSegments } = this.#db;
    const log = await this.#log(after).limit(SEGMENT_DOCUMENTS).toArray();
    const upTo = log.at(-1)?.seq;
    if (upTo === undefined) return null;
    const names = [...new Set(log.map((row) => row.doc))];
    const texts = await this.#read(names);
    const documents = names.flatMap((name) => {
      const text = texts.get(name);
      return text ? [{ name, terms: indexTerms(textOf(text)) }] : [];
    });
    const row = segmentRow(buildSegment(documents), documents.length, upTo, this.#now());
    const seqs = log.flatMap((entry) => entry.seq ?? []);
    return this.#db.transaction('rw', [searchLog, searchSegments], async () => {
      // Emptied meanwhile: every chat was deleted, and its words must not come back.
      if (!(await searchLog.get(upTo))) return null;
      // What was written since has a higher number and stays.
      await searchLog.bulkDelete(seqs);
      if (documents.length > 0) await searchSegments.add(row);
      return upTo;
    });
  }

  /** Merges many segments into one and leaves out texts that are gone or indexed again later. */
  async #compact(): Promise<void> {
    const { searchSegments, messages, conversations } = this.#db;
    const rows = fromOldToNew(await searchSegments.toArray());
    if (rows.length === 0) return;
    const segments = rows.map((row) => new SearchSegment(row.bytes));
    const alive = new Set<string>();
    for (const id of await messages.toCollection().primaryKeys()) alive.add(`m:${id}`);
    for (const id of await conversations.toCollection().primaryKeys()) alive.add(`t:${id}`);
    const newest = new Map<string, number>();
    segments.forEach((segment, which) => {
      for (let document = 0; document < segment.documents; document++) {
        const name = segment.name(document);
        if (alive.has(name)) newest.set(name, which);
      }
    });
    const all = segments.reduce((sum, segment) => sum + segment.documents, 0);
    const dead = all - newest.size;
    const deadLong = dead > 0 && this.#anyOld(rows);
    if (rows.length <= SEGMENTS_MAX && dead <= all * DEAD_SHARE_MAX && !deadLong) return;
    const bytes = mergeSegments(segments, (which, name) => newest.get(name) === which);
    const upTo = rows.at(-1)?.upTo ?? 0;
    const merged = segmentRow(bytes, newest.size, upTo, this.#now());
    const ids = rows.map((row) => row.id);
    await this.#db.transaction('rw', [searchSegments], async () => {
      // As above.
      if ((await searchSegments.where('id').anyOf(ids).count()) < ids.length) return;
      await searchSegments.bulkDelete(ids);
      if (newest.size > 0) await searchSegments.add(merged);
    });
  }
}

/** Names of the titles (`t`) or messages (`m`) found, the newest first; decoded only as far as they are asked for. */
function* candidates(
  kind: 't' | 'm',
  tail: readonly TailDocument[],
  found: readonly { readonly segment: SearchSegment; readonly documents: readonly number[] }[],
): Generator<string, undefined> {
  for (const { name } of tail) if (name.startsWith(kind)) yield name;
  const initial = kind.charCodeAt(0);
  for (const { segment, documents } of found) {
    for (const document of documents) if (segment.initial(document) === initial) yield segment.name(document);
  }
  return undefined;
}

/** By what they hold of the log: clocks, and so ids, go back. */
function fromOldToNew<T extends { readonly id: string; readonly upTo?: number }>(
  segments: readonly T[],
): T[] {
  return segments.toSorted((a, b) => (a.upTo ?? 0) - (b.upTo ?? 0) || (a.id < b.id ? -1 : 1));
}

function segmentRow(bytes: Uint8Array, documents: number, upTo: number, now: number): SearchSegmentRow {
  return { id: newId(now), createdAt: now, documents, upTo, bytes };
}

function textOf(text: Text): string {
  return text.of === 'title' ? text.conversation.title : text.message.text;
}
