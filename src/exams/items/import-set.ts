/** Files of any kind into sets of items and a report of what came in. Pure but for reading the files: nothing is stored here. */
import { AppError, toAppError } from '../../errors/app-error.ts';
import { detectReader } from './detect.ts';
import { questionSetSchema, SET_SCHEMA_NAME, type Item, type RunAdvice } from './item.ts';
import { MAX_FILES, MAX_ITEMS, MAX_NAME_CHARACTERS } from './limits.ts';
import { readMapped, type Mapping } from './readers/mapping.ts';
import { truthOf } from './readers/pubmedqa.ts';
import type { LostImage, SkipReason, Reading, ReaderResult, Table } from './reading.ts';
import { itemIdentity, itemsSha256 } from './set-hash.ts';
import { readTable, tooLarge, type SourceFile } from './tables.ts';

export interface SkippedRecord {
  readonly file: string;
  readonly row: number;
  readonly reason: SkipReason;
}

export interface ImportReport {
  readonly taken: number;
  readonly withoutKey: number;
  readonly duplicates: number;
  readonly skipped: readonly SkippedRecord[];
  /** Items that are taken without an image they had: some cannot be answered so. */
  readonly lostImages: readonly LostImageRecord[];
  readonly notes: readonly string[];
}

export interface LostImageRecord {
  readonly file: string;
  readonly row: number;
  readonly itemId: string;
  readonly from: LostImage;
}

export interface ImportedSet {
  /** The reader's id, `mapping` or `own`. */
  readonly format: string;
  readonly formatName: string;
  readonly title: string;
  readonly description: string;
  readonly licence: string;
  readonly source: string;
  readonly language: string;
  readonly run: RunAdvice | null;
  readonly sha256: string;
  readonly items: readonly Item[];
  readonly report: ImportReport;
}

export interface ImportOutcome {
  readonly sets: readonly ImportedSet[];
  /** Tables of no known format: a mapping can read them. */
  readonly unmapped: readonly Table[];
  readonly failed: readonly { readonly file: string; readonly error: AppError }[];
}

/**
 * Reads all files; those of one format become one set. A file that fails leaves the others alone, and is listed.
 * @throws AppError `exams/too-large` for more files than the limit, `aborted`.
 */
export async function importQuestions(
  files: readonly SourceFile[],
  signal?: AbortSignal,
): Promise<ImportOutcome> {
  if (files.length > MAX_FILES) throw tooLarge('The folder', 'files', MAX_FILES);
  const failed: { file: string; error: AppError }[] = [];
  const unmapped: Table[] = [];
  const sets: ImportedSet[] = [];
  const groups = new Map<string, { name: string; tables: Table[] }>();
  let truth: ReadonlyMap<string, string> | null = null;
  for (const file of files) {
    signal?.throwIfAborted();
    try {
      const { table, whole } = await readTable(file);
      if (whole?.schema === SET_SCHEMA_NAME) {
        sets.push(await ownSet(file.path, whole));
        continue;
      }
      const decisions = truthOf(table);
      if (decisions) {
        truth = decisions;
        continue;
      }
      const reader = detectReader(table);
      if (!reader) {
        unmapped.push(table);
        continue;
      }
      const group = groups.get(reader.id) ?? { name: reader.name, tables: [] };
      group.tables.push(table);
      groups.set(reader.id, group);
    } catch (thrown) {
      failed.push({ file: file.path, error: toAppError(thrown, 'exams/damaged') });
    }
  }
  for (const [format, { name, tables }] of groups) {
    const results = tables.map((table) => {
      const reader = detectReader(table);
      return { table, result: reader?.read(table, { truth }) ?? { readings: [], notes: [] } };
    });
    const usable = results.filter(({ table, result }) => {
      const cards = table.kind === 'rows' && table.anki !== null;
      return cards || result.readings.some((each) => 'draft' in each);
    });
    // What has a format's fields and something else in them is offered: a person may know which is what.
    unmapped.push(...results.filter((each) => !usable.includes(each)).map(({ table }) => table));
    if (usable.length === 0) continue;
    const title = titleOf(
      name,
      usable.map(({ table }) => table),
    );
    try {
      sets.push(await collect(usable, { format, formatName: name, title }));
    } catch (thrown) {
      failed.push({ file: usable[0]?.table.file ?? name, error: toAppError(thrown, 'exams/damaged') });
    }
  }
  if (truth && !groups.has('pubmedqa')) {
    const error = new AppError('exams/not-questions', 'a ground truth file without its questions', {});
    failed.push({ file: 'test_ground_truth.json', error });
  }
  return { sets, unmapped, failed };
}

/** @throws AppError `exams/not-questions` when no row can be read that way. */
export async function importMapped(table: Table, mapping: Mapping): Promise<ImportedSet> {
  return collect([{ table, result: readMapped(table, mapping) }], {
    format: 'mapping',
    formatName: 'Own table',
    title: baseName(table.file),
  });
}

interface Named {
  readonly format: string;
  readonly formatName: string;
  readonly title: string;
}

async function collect(
  results: readonly { readonly table: Table; readonly result: ReaderResult }[],
  { format, formatName, title }: Named,
): Promise<ImportedSet> {
  const items: Item[] = [];
  const skipped: SkippedRecord[] = results.flatMap(({ table: { file, badLines = [] } }) =>
    badLines.map((row) => ({ file, row, reason: 'malformed' as const })),
  );
  const seen = new Set<string>();
  const ids = new Set<string>();
  const lostImages: LostImageRecord[] = [];
  let duplicates = 0;
  for (const { table, result } of results) {
    const { file } = table;
    for (const one of result.readings) {
      if ('skipped' in one) {
        skipped.push({ file, row: one.row, reason: one.skipped });
        continue;
      }
      const identity = itemIdentity(one.draft);
      if (seen.has(identity)) {
        duplicates += 1;
        skipped.push({ file, row: one.row, reason: 'duplicate' });
        continue;
      }
      seen.add(identity);
      if (items.length >= MAX_ITEMS) throw tooLarge(file, 'items', MAX_ITEMS);
      const itemId = freeId(one, ids);
      items.push({ ...one.draft, id: itemId });
      if (one.lostImage) lostImages.push({ file, row: one.row, itemId, from: one.lostImage });
    }
  }
  if (items.length === 0) {
    throw new AppError('exams/not-questions', `${title}: no row is a question that can be used`, {
      skipped: skipped.length,
    });
  }
  return {
    format,
    formatName,
    title,
    description: '',
    licence: '',
    source: results
      .map(({ table }) => table.file)
      .join(', ')
      .slice(0, MAX_NAME_CHARACTERS),
    language: '',
    run: null,
    sha256: await itemsSha256(items),
    items,
    report: {
      taken: items.length,
      withoutKey: items.filter((item) => item.answer.length === 0).length,
      duplicates,
      skipped,
      lostImages,
      notes: [...new Set(results.flatMap(({ table, result }) => [...(table.notes ?? []), ...result.notes]))],
    },
  };
}

/** The set without the items that had an image anywhere but in their explanation. The report stays that of the whole file. */
export async function withoutLostImages(set: ImportedSet): Promise<ImportedSet> {
  const lost = new Set(
    set.report.lostImages.filter(({ from }) => from === 'question').map((each) => each.itemId),
  );
  const items = set.items.filter(({ id }) => !lost.has(id));
  return { ...set, items, sha256: await itemsSha256(items) };
}

/** The item's own id where it has one that is free, else its row. */
function freeId(one: Extract<Reading, { draft: unknown }>, ids: Set<string>): string {
  const wanted = one.draft.id === '' ? `row-${one.row}` : one.draft.id;
  let id = wanted;
  for (let n = 2; ids.has(id); n += 1) id = `${wanted.slice(0, 280)}-${n}`;
  ids.add(id);
  return id;
}

async function ownSet(file: string, whole: unknown): Promise<ImportedSet> {
  const parsed = questionSetSchema.safeParse(whole);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new AppError('exams/damaged', `${file}: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`, {
      file,
    });
  }
  const { title, description, licence, source, language, run, items, sha256 } = parsed.data;
  const computed = await itemsSha256(items);
  const notes =
    sha256 === undefined
      ? []
      : [
          sha256 === computed
            ? 'Unchanged since it was exported.'
            : 'The items were changed since the set was exported.',
        ];
  return {
    format: 'own',
    formatName: 'Meditron Web',
    title,
    description,
    licence,
    source,
    language,
    run: run ?? null,
    sha256: computed,
    items,
    report: {
      taken: items.length,
      withoutKey: items.filter((item) => item.answer.length === 0).length,
      duplicates: 0,
      skipped: [],
      lostImages: [],
      notes,
    },
  };
}

function titleOf(name: string, tables: readonly Table[]): string {
  const [only] = tables;
  return tables.length === 1 && only ? `${name}: ${baseName(only.file)}` : name;
}

function baseName(file: string): string {
  const base = (file.split('/').at(-1) ?? file).replace(/\.[a-z0-9]{1,8}$/i, '');
  return base.trim() === '' ? 'Questions' : base.slice(0, 200);
}
