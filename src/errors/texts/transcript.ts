/** What people read about files and links of chats. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const TRANSCRIPT_TEXTS = {
  'transcript/damaged': {
    title: 'This transcript is damaged',
    cause: 'It was cut short or changed on its way, so it can’t be read.',
    action: 'Ask for the file or link again; nothing of it was imported.',
  },
  'transcript/too-large': {
    title: 'This file is too large to import',
    cause: 'It holds more than the app takes from one file, or unpacks to far more than it should.',
    action: 'Split it into smaller files. Nothing of it was imported.',
  },
  'transcript/unknown-format': {
    title: 'This file holds no conversations the app knows',
    cause: 'It is none of the formats that can be imported.',
    action:
      'Choose a transcript or backup of this app, a ChatGPT conversations.json, a BetterChatGPT or ShareGPT export, or OpenAI messages (JSON or JSONL).',
  },
  'transcript/not-json': {
    title: 'This file can’t be read',
    cause: 'It should be JSON but is not valid.',
    action: 'Check that it is complete and was not edited; export it again if you can.',
  },
  'transcript/newer-version': {
    title: 'This transcript comes from a newer version of the app',
    cause: 'Its format is one this version doesn’t know yet.',
    action: 'Reload the page to update the app, then import again.',
  },
  'transcript/link-damaged': {
    title: 'This link is damaged',
    cause: 'It was cut short or changed on its way, or it never held a transcript.',
    action: 'Ask for the link again, or for the transcript as a file.',
  },
  'transcript/link-too-large': {
    title: 'This link holds too much',
    cause: 'It unpacks to more than a link of this app ever holds; showing it could stop this tab.',
    action: 'Ask for the transcript as a file, and import that.',
  },
} satisfies ErrorTexts<'transcript'>;
