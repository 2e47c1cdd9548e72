/** Texts a person keeps for the message box, in one row beside the chats. */
import { getSetting } from '../../conversations/data/settings.ts';
import { newId, type Store, write } from '../../conversations/data/store.ts';
import { WORD_ROWS } from '../../database/protection/protect-rows.ts';
import { AppError } from '../../errors/app-error.ts';
import { PROMPT_SETTING_LIMITS } from '../../lib/prompt-settings-schema.ts';
import { z } from '../../lib/zod.ts';

const KEY = WORD_ROWS.savedTexts;

export const SAVED_TEXT_LIMITS = {
  nameCharacters: 80,
  textCharacters: PROMPT_SETTING_LIMITS.textCharacters,
  /** In a list a person chooses from, read as a whole. */
  texts: 300,
} as const;

const savedText = z.object({
  id: z.string().min(1).max(64),
  name: z.string().max(SAVED_TEXT_LIMITS.nameCharacters),
  text: z.string().max(SAVED_TEXT_LIMITS.textCharacters),
});

export type SavedText = Readonly<z.infer<typeof savedText>>;

/** Entries stay unparsed here: one that another version of the app wrote in a shape unknown here must outlast a change. */
const row = z.array(z.unknown());

/** By name. */
export async function listSavedTexts(store: Store): Promise<readonly SavedText[]> {
  const entries = (await getSetting(store, KEY, parse)) ?? [];
  const texts = entries.flatMap((entry) => savedText.safeParse(entry).data ?? []);
  return texts.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** @param id of the one to change; null adds one. @throws AppError `prompt/too-many`, `prompt/empty`, `storage/full` */
export async function saveText(store: Store, id: string | null, name: string, text: string): Promise<void> {
  if (text.trim() === '') throw new AppError('prompt/empty', 'a saved text has no text');
  const saved: SavedText = {
    id: id ?? newId(),
    name: (name.trim() || text.trim()).slice(0, SAVED_TEXT_LIMITS.nameCharacters),
    text: text.slice(0, SAVED_TEXT_LIMITS.textCharacters),
  };
  await change(store, (texts) => {
    const others = texts.filter((each) => idOf(each) !== saved.id);
    if (others.length >= SAVED_TEXT_LIMITS.texts) throw new AppError('prompt/too-many', 'no room for a text');
    return [...others, saved];
  });
}

/** @throws AppError `storage/full` */
export async function deleteText(store: Store, id: string): Promise<void> {
  await change(store, (texts) => texts.filter((each) => idOf(each) !== id));
}

async function change(store: Store, next: (texts: readonly unknown[]) => readonly unknown[]): Promise<void> {
  const { db } = store;
  await write(store, () =>
    db.transaction('rw', db.settings, async () => {
      await db.settings.put({ key: KEY, value: next(parse((await db.settings.get(KEY))?.value) ?? []) });
    }),
  );
}

function parse(value: unknown): readonly unknown[] | null {
  return row.safeParse(value).data ?? null;
}

function idOf(entry: unknown): unknown {
  return typeof entry === 'object' && entry !== null && 'id' in entry ? entry.id : null;
}
