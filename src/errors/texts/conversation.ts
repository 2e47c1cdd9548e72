/** What people read about chats. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const CONVERSATION_TEXTS = {
  'conversation/not-found': {
    title: 'This chat or message is gone',
    cause: 'It was deleted, perhaps in another tab.',
    action: 'Undo the deletion if it is still offered, or start a new chat; your text is still in the box.',
  },
} satisfies ErrorTexts<'conversation'>;
