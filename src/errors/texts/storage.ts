/** What people read about keeping what a person wrote. The keys are the codes. */
import { FREE_SPACE, type ErrorTexts } from './text.ts';

export const STORAGE_TEXTS = {
  'storage/unavailable': {
    title: 'This browser does not let the app store anything',
    cause: 'Private browsing or a setting blocks the browser’s database, or the disk is full.',
    action:
      'You can chat, but nothing will be kept, and what was kept before does not show. Export what you need before closing, then use a normal window, or make room on the disk and reload.',
  },
  'storage/insecure-page': {
    title: 'Not over plain http',
    cause:
      'Browsers give room for models and the “Offline only” switch to https:// and localhost only. Chats are kept all the same.',
    action:
      'Open the app at an https:// address, or ask whoever hosts it for one. The Demo model works here.',
  },
  'storage/full': {
    title: 'The browser’s storage is full',
    cause: 'There was no room left to write.',
    action:
      'Save your chats to a file first if you like, delete models or old chats, then try again. What is on screen stays here until then.',
    place: FREE_SPACE,
  },
  'storage/blocked': {
    title: 'Another tab holds an older version open',
    cause: 'The database can’t be upgraded while that tab uses it.',
    action: 'Close the app’s other tabs; this one goes on by itself.',
  },
  'storage/version': {
    title: 'A newer version of the app has been here',
    cause: 'The stored data was written by a newer version.',
    action: 'Reload the page to get the newer version.',
  },
  'storage/failed': {
    title: 'Saving did not work',
    cause: 'The browser’s database reported an error.',
    action: 'Copy what you need, then reload the page.',
  },
  'storage/locked': {
    title: 'Locked',
    cause: 'What is stored here is encrypted, and the passphrase was not given in this tab.',
    action: 'Unlock the app; what waits to be saved is saved then.',
  },
} satisfies ErrorTexts<'storage'>;
