/** What a chat follows: its own preset, its folder's, or the one set as default; and where it goes its own way. */
import type { Conversation, Folder, PromptSetup } from '../../database/records.ts';
import type { Store } from '../../conversations/data/store.ts';
import { NO_PRESET, type Preset } from '../../prompts/preset.ts';
import type { ChatChoices } from '../session/chat-choices.ts';
import { findPreset, readShelf, type Shelf } from './preset-store.ts';

export const NO_SETUP: PromptSetup = {
  presetId: null,
  examples: null,
  stops: null,
  bannedTokens: null,
  leftOut: [],
  pinned: [],
};

export type ChatInPlace = ChatChoices & Partial<Pick<Conversation, 'folderId'>>;

/** Why a chat follows its preset. */
export type FollowedFrom = 'chat' | 'folder' | 'default';

export interface Followed {
  /** null: none. */
  readonly preset: Preset | null;
  readonly from: FollowedFrom;
  /** The id of a preset that is not here: deleted, or from another browser. */
  readonly missing: string | null;
}

export function followed(
  choices: ChatChoices,
  folder: Pick<Folder, 'presetId'> | null,
  shelf: Shelf,
): Followed {
  const own = choices.promptSetup?.presetId ?? null;
  const [id, from]: readonly [string | null, FollowedFrom] =
    own !== null
      ? [own, 'chat']
      : folder?.presetId !== undefined
        ? [folder.presetId, 'folder']
        : [shelf.defaultId, 'default'];
  const preset = findPreset(shelf, id);
  return { preset, from, missing: preset || id === null || id === NO_PRESET ? null : id };
}

/** A chat's choices with its preset's wherever it says nothing itself. */
export function underPreset(choices: ChatChoices, preset: Preset | null): ChatChoices {
  if (!preset) return choices;
  const setup = choices.promptSetup ?? NO_SETUP;
  return {
    promptFormat: choices.promptFormat ?? preset.promptFormat,
    systemText: choices.systemText ?? preset.systemText,
    sampling: choices.sampling ?? preset.sampling,
    promptSetup: {
      ...setup,
      examples: setup.examples ?? (preset.examples && [...preset.examples]),
      stops: setup.stops ?? preset.stops,
      bannedTokens: setup.bannedTokens ?? preset.bannedTokens,
    },
  };
}

/** Reads what the chat follows. A chat in memory only (a new one) may say no folder. */
export async function withPreset(store: Store, chat: ChatInPlace): Promise<ChatChoices> {
  const folderId = chat.folderId ?? null;
  const [shelf, folder] = await Promise.all([
    readShelf(store),
    folderId === null ? undefined : store.db.folders.get(folderId),
  ]);
  return underPreset(chat, followed(chat, folder ?? null, shelf).preset);
}

export type Part = 'promptFormat' | 'systemText' | 'examples' | 'sampling' | 'stops' | 'bannedTokens';

/** In which parts a chat goes another way than its preset. What it says itself but says alike does not count. */
export function differences(choices: ChatChoices, preset: Preset): readonly Part[] {
  const setup = choices.promptSetup ?? NO_SETUP;
  const pairs: readonly (readonly [Part, unknown, unknown])[] = [
    ['promptFormat', choices.promptFormat, preset.promptFormat],
    ['systemText', choices.systemText, preset.systemText],
    ['examples', setup.examples, preset.examples],
    ['sampling', choices.sampling, preset.sampling],
    ['stops', setup.stops, preset.stops],
    ['bannedTokens', setup.bannedTokens, preset.bannedTokens],
  ];
  return pairs.flatMap(([part, own, its]) => (own !== null && !equal(own, its) ? [part] : []));
}

/** The chat's choices without any of its own: it then says what its preset says. */
export function withoutOwn(choices: ChatChoices): ChatChoices {
  const { presetId, leftOut, pinned } = choices.promptSetup ?? NO_SETUP;
  return {
    promptFormat: null,
    systemText: null,
    sampling: null,
    promptSetup: { ...NO_SETUP, presetId, leftOut, pinned },
  };
}

/** Plain data of the same shape. */
function equal(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  const [left, right] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(left);
  return (
    keys.length === Object.keys(right).length &&
    keys.every((key) => Object.hasOwn(right, key) && equal(left[key], right[key]))
  );
}
