/** What people read about the lock, encryption and signatures. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const LOCK_TEXTS = {
  'lock/wrong-passphrase': {
    title: 'This is not the passphrase',
    cause: 'Capital letters, spaces and the keyboard’s language count.',
    action: 'Try again. There is no way in without it.',
  },
  'lock/short-passphrase': {
    title: 'The passphrase is too short',
    cause: 'Whoever has a copy of the browser’s files can try as many as they like.',
    action: 'Take at least twelve characters; four or more words that don’t belong together are good.',
  },
  'lock/damaged': {
    title: 'Something encrypted can’t be read',
    cause: 'It was changed outside of the app, or the disk damaged it.',
    action: 'Chats you saved to a file can be imported again.',
  },
  'lock/other-tabs': {
    title: 'Another tab of the app did not make way',
    cause: 'While encryption is switched on or off, no other tab may write.',
    action: 'Close the other tabs of the app, then try again. Nothing was changed.',
  },
  'lock/no-signing': {
    title: 'This browser can’t sign or check signatures here',
    cause: 'It lacks Ed25519, or the page is not at an https:// address.',
    action: 'Use a current browser over https, or check the file with “npm run verify”.',
  },
} satisfies ErrorTexts<'lock'>;
