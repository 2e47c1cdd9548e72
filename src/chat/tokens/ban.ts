/** Tokens a chat never has drawn. */
import { changeConversation, getConversation } from '../../conversations/data/repository.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { AppError } from '../../errors/app-error.ts';
import { PROMPT_SETTING_LIMITS, type BannedToken } from '../../lib/prompt-settings-schema.ts';
import { NO_SETUP, withPreset } from '../presets/follow.ts';

/**
 * Adds a token to those a chat bans, its preset's included.
 * @returns how to take that back. @throws AppError `conversation/not-found`, `prompt/too-many`, `storage/full`
 */
export async function banToken(conversationId: string, token: BannedToken): Promise<() => Promise<void>> {
  const store = await conversationStore();
  const chat = await getConversation(store, conversationId);
  if (!chat) throw new AppError('conversation/not-found', `no chat ${conversationId}`);
  const setup = chat.promptSetup ?? NO_SETUP;
  const inForce = (await withPreset(store, chat)).promptSetup?.bannedTokens ?? [];
  const others = inForce.filter(({ id }) => id !== token.id);
  if (others.length >= PROMPT_SETTING_LIMITS.bannedTokens) {
    throw new AppError('prompt/too-many', 'the chat bans as many tokens as it can', {
      most: PROMPT_SETTING_LIMITS.bannedTokens,
    });
  }
  await changeConversation(store, conversationId, {
    promptSetup: { ...setup, bannedTokens: [...others, token] },
  });
  return () =>
    changeConversation(store, conversationId, {
      promptSetup: { ...setup, bannedTokens: setup.bannedTokens },
    });
}
