/** What people read about putting a question to the model. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const PROMPT_TEXTS = {
  'prompt/message-too-long': {
    title: 'This message is too long for the model',
    cause: 'Even alone it does not fit the context window together with room for an answer.',
    action: 'Shorten it; your text is still in the box.',
  },
  'prompt/empty': {
    title: 'There is nothing to send',
    cause: 'The message is empty.',
    action: 'Type a question first.',
  },
} satisfies ErrorTexts<'prompt'>;
