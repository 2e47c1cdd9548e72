/** The presets a person keeps, in one row beside the chats; those the app comes with stand before them. */
import { getSetting } from '../../conversations/data/settings.ts';
import { newId, type Store, write } from '../../conversations/data/store.ts';
import { WORD_ROWS } from '../../database/protection/protect-rows.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { ownPresets } from '../../prompts/own-presets.ts';
import { PRESET_LIMITS, presetIdSchema, presetSchema, type Preset } from '../../prompts/preset.ts';

const KEY = WORD_ROWS.presets;

/** Entries stay unparsed here: one that another version of the app wrote in a shape unknown here must outlast a change. */
const shelfRow = z.object({ presets: z.array(z.unknown()), defaultId: presetIdSchema.nullable() });
type ShelfRow = z.infer<typeof shelfRow>;
const EMPTY: ShelfRow = { presets: [], defaultId: null };

export interface Shelf {
  /** The app's own, then the person's by name. */
  readonly presets: readonly Preset[];
  /** What a chat follows that says nothing else, and whose folder doesn't; null: nothing. */
  readonly defaultId: string | null;
}

export function isOwn(presetId: string): boolean {
  return ownPresets.some(({ id }) => id === presetId);
}

export function findPreset(shelf: Shelf, id: string | null | undefined): Preset | null {
  return shelf.presets.find((preset) => preset.id === id) ?? null;
}

export async function readShelf(store: Store): Promise<Shelf> {
  const row = (await getSetting(store, KEY, parseRow)) ?? EMPTY;
  const kept = row.presets.flatMap((entry) => {
    const parsed = presetSchema.safeParse(entry);
    return parsed.success && !isOwn(parsed.data.id) ? [parsed.data] : [];
  });
  return {
    presets: [...ownPresets, ...kept.toSorted((a, b) => a.name.localeCompare(b.name))],
    defaultId: row.defaultId,
  };
}

/** Adds a preset, or puts it in place of the one with its id. @throws AppError `prompt/too-many`, `storage/full` */
export async function savePreset(store: Store, preset: Preset): Promise<void> {
  await savePresets(store, [preset]);
}

/** All or none. @throws AppError `prompt/too-many`, `storage/full` */
export async function savePresets(store: Store, presets: readonly Preset[]): Promise<void> {
  await change(store, (row) => {
    const ids = new Set(presets.map(({ id }) => id));
    const kept = row.presets.filter((entry) => !ids.has(idOf(entry)));
    if (kept.length + presets.length > PRESET_LIMITS.presets) {
      throw new AppError('prompt/too-many', 'the shelf of presets is full', { most: PRESET_LIMITS.presets });
    }
    return { ...row, presets: [...kept, ...presets] };
  });
}

/** Chats that follow it then follow nothing, and keep what they say themselves. @throws AppError `storage/full` */
export async function deletePreset(store: Store, id: string): Promise<void> {
  await change(store, (row) => ({
    presets: row.presets.filter((entry) => idOf(entry) !== id),
    defaultId: row.defaultId === id ? null : row.defaultId,
  }));
}

/** @throws AppError `storage/full` */
export async function setDefaultPreset(store: Store, id: string | null): Promise<void> {
  await change(store, (row) => ({ ...row, defaultId: id }));
}

/** A preset of the person's own with the same content. */
export function copyOf(preset: Preset, name = `${preset.name} (copy)`): Preset {
  return { ...preset, id: newId(), name: name.slice(0, PRESET_LIMITS.nameCharacters) };
}

async function change(store: Store, next: (row: ShelfRow) => ShelfRow): Promise<void> {
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', db.settings, async () => {
      const row = parseRow((await db.settings.get(KEY))?.value) ?? EMPTY;
      await db.settings.put({ key: KEY, value: next(row) });
    }),
  );
}

function parseRow(value: unknown): ShelfRow | null {
  return shelfRow.safeParse(value).data ?? null;
}

function idOf(entry: unknown): string {
  return z.object({ id: z.string() }).safeParse(entry).data?.id ?? '';
}
