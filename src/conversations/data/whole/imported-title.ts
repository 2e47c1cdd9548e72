/** Titles out of files: one line with something to see in it, and no longer than a person could make one. */
import type { Conversation, Message } from '../../../database/records.ts';
import { cleanTitle, titleFromQuestion } from '../rows.ts';

const SOMETHING_TO_SEE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** The title to store; where it is blank, one from the first question. */
export function importedTitle(
  { title, titleFrom }: Pick<Conversation, 'title' | 'titleFrom'>,
  messages: readonly Pick<Message, 'role' | 'text'>[],
): Pick<Conversation, 'title' | 'titleFrom'> {
  const clean = cleanTitle(title);
  if (SOMETHING_TO_SEE.test(clean)) return { title: clean, titleFrom };
  const first = messages.find(({ role }) => role === 'user') ?? messages[0];
  const fromQuestion = first && SOMETHING_TO_SEE.test(first.text) ? titleFromQuestion(first.text) : '';
  return {
    title: SOMETHING_TO_SEE.test(fromQuestion) ? fromQuestion : 'Untitled',
    titleFrom: 'auto',
  };
}
