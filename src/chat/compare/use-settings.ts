import { useLive } from '../../conversations/panel/hooks.ts';
import { getConversation } from '../../conversations/data/repository.ts';
import { NO_SETUP } from '../presets/follow.ts';
import { readShelf } from '../presets/preset-store.ts';
import type { NamedSetting } from './sweep-cells.ts';

export const AS_CHAT: NamedSetting = { id: '', name: 'As this chat says', choices: null };

/** The ways a question of a chat can be asked: as it says itself, and by each preset. */
export function useSettings(conversationId: string): readonly NamedSetting[] {
  const presets = useLive(`settings/${conversationId}`, async (store): Promise<NamedSetting[]> => {
    const [{ presets }, conversation] = await Promise.all([
      readShelf(store),
      getConversation(store, conversationId),
    ]);
    const { leftOut, pinned } = conversation?.promptSetup ?? NO_SETUP;
    return presets.map(({ id, name }) => ({
      id,
      name,
      choices: {
        promptFormat: null,
        systemText: null,
        sampling: null,
        promptSetup: { ...NO_SETUP, presetId: id, leftOut, pinned },
      },
    }));
  });
  return [AS_CHAT, ...(presets ?? [])];
}
