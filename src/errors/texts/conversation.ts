/** What people read about chats. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const CONVERSATION_TEXTS = {
  'conversation/not-found': {
    title: 'This chat or message is gone',
    cause: 'It was deleted, perhaps in another tab.',
    action: 'Undo the deletion if it is still offered, or start a new chat; your text is still in the box.',
  },
  'conversation/no-prompt': {
    title: 'This reply can’t be run again',
    cause: 'Its record does not hold the prompt it was written from.',
    action: 'Ask the question again with Regenerate.',
  },
} satisfies ErrorTexts<'conversation'>;
