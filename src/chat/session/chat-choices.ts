import type { Conversation } from '../../database/records.ts';

/** What a chat itself says; null, or nothing, follows its preset, then the app's settings, then the model. */
export type ChatChoices = Pick<Conversation, 'promptFormat' | 'systemText' | 'sampling' | 'promptSetup'>;

export const NO_CHOICES: ChatChoices = { promptFormat: null, systemText: null, sampling: null };
