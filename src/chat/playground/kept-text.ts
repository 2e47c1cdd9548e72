/** What a person made of a raw chat's text and did not put to the model yet, kept as it is typed. */
import {
  abandonedDrafts,
  draftWriter,
  dropDraft,
  getDraft,
  TEXT_DRAFT,
} from '../../conversations/data/tab/drafts.ts';
import type { Store } from '../../conversations/data/store.ts';
import { z } from '../../lib/zod.ts';
import { textOf, type Segment } from './segments.ts';

/** Steps back; more than anybody takes. */
const MOST_STEPS = 20;
/** Of all steps together, so that what is written while one types stays small. */
const MOST_CHARACTERS = 200_000;

const segments = z.array(z.object({ role: z.enum(['user', 'assistant']), text: z.string() })).max(10_000);
const keptSchema = z.object({
  now: segments.nullable(),
  base: z.string().nullable(),
  undo: z.array(segments).max(MOST_STEPS),
  redo: z.array(segments).max(MOST_STEPS),
});

export interface KeptText {
  /** null: the chat's own, as it is. */
  readonly now: readonly Segment[] | null;
  /** The last message on screen when `now` was made: another one means that the chat went on without it. */
  readonly base: string | null;
  /** What the text was before each continuation, the latest last. */
  readonly undo: readonly (readonly Segment[])[];
  /** What was taken back, the latest last. */
  readonly redo: readonly (readonly Segment[])[];
}

export const NOTHING_KEPT: KeptText = { now: null, base: null, undo: [], redo: [] };

/** A text made of an older state of the chat steps back in favour of what the chat is now; nothing is lost. */
export function settled(kept: KeptText, leafId: string | null): KeptText {
  if (kept.now === null || kept.base === leafId) return kept;
  return { now: null, base: null, undo: pushed(kept.undo, kept.now), redo: kept.redo };
}

/** @param before the text that a continuation goes on from, with what it puts aside. */
export function continued(kept: KeptText, before: readonly Segment[]): KeptText {
  return { now: null, base: null, undo: pushed(kept.undo, before), redo: [] };
}

/** @param shown the text on screen. @returns null when there is nothing to go back to. */
export function steppedBack(
  kept: KeptText,
  shown: readonly Segment[],
  leafId: string | null,
): KeptText | null {
  const before = kept.undo.at(-1);
  if (!before) return null;
  return { now: before, base: leafId, undo: kept.undo.slice(0, -1), redo: pushed(kept.redo, shown) };
}

export function steppedForward(
  kept: KeptText,
  shown: readonly Segment[],
  leafId: string | null,
): KeptText | null {
  const after = kept.redo.at(-1);
  if (!after) return null;
  return { now: after, base: leafId, undo: pushed(kept.undo, shown), redo: kept.redo.slice(0, -1) };
}

function pushed(steps: KeptText['undo'], step: readonly Segment[]): KeptText['undo'] {
  const kept = [...steps, step].slice(-MOST_STEPS);
  let characters = 0;
  const from = kept.findLastIndex((each) => (characters += textOf(each).length) > MOST_CHARACTERS);
  return kept.slice(Math.min(from + 1, kept.length - 1));
}

/** The key of its draft. @param key the conversation's id, or the new chat's. */
function draftKey(key: string): string {
  return TEXT_DRAFT + key;
}

/** What this tab, or one that is gone, left here. */
export async function readKept(store: Store, key: string): Promise<KeptText> {
  const own = await getDraft(store, draftKey(key));
  const [other] = own === '' ? await abandonedDrafts(store, draftKey(key)) : [];
  const kept = parsed(other?.text ?? own);
  if (other) {
    // Its own first, so that no moment has neither.
    const mine = keptWriter(store, key);
    mine.save(kept);
    await mine.flush();
    await dropDraft(store, other.id);
  }
  return kept;
}

export interface KeptWriter {
  readonly save: (kept: KeptText) => void;
  readonly flush: () => Promise<void>;
}

export function keptWriter(store: Store, key: string): KeptWriter {
  const writer = draftWriter(store, draftKey(key));
  return {
    save: (kept) => {
      const empty = kept.now === null && kept.undo.length === 0 && kept.redo.length === 0;
      writer.save(empty ? '' : JSON.stringify(kept));
    },
    flush: async () => {
      await writer.flush();
    },
  };
}

function parsed(text: string): KeptText {
  if (text === '') return NOTHING_KEPT;
  try {
    return keptSchema.parse(JSON.parse(text));
  } catch {
    // Cut off, or not ours: the chat's own text is what there is.
    return NOTHING_KEPT;
  }
}
