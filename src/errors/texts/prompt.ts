/** What people read about putting a question to the model. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const PROMPT_TEXTS = {
  'prompt/message-too-long': {
    title: 'This message is too long for the model',
    cause: 'Even alone it does not fit the context window together with room for an answer.',
    action: 'Shorten it; your text is still in the box.',
  },
  'prompt/pinned-too-long': {
    title: 'What is pinned leaves no room',
    cause: 'The pinned messages, this one and room for an answer do not fit the context window together.',
    action: 'Unpin a message in the prompt panel, or shorten this one; your text is still in the box.',
  },
  'prompt/preset-file': {
    title: 'This is not a file of presets',
    cause: 'It is too large, cut short, or holds something that is no preset.',
    action: 'Choose a file that “Export” beside a preset wrote. Nothing was changed.',
  },
  'prompt/too-many': {
    title: 'There is no room for another',
    cause: 'The list is as long as it may be.',
    action: 'Delete one that is no longer used. Nothing was changed.',
  },
  'prompt/empty': {
    title: 'There is nothing to send',
    cause: 'The message is empty.',
    action: 'Type a question first.',
  },
  'prompt/bans-not-honoured': {
    title: 'Banned tokens do not work here',
    cause: 'This chat bans tokens, and what runs the model has no way to keep to that.',
    action:
      'Take the banned tokens out of the chat or its preset, or use another model, such as the Demo model.',
  },
} satisfies ErrorTexts<'prompt'>;
