/** What people read about requests to other hosts. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const NETWORK_TEXTS = {
  'network/offline-only': {
    title: '“Offline only” is on',
    cause: 'You asked the app to make no request to any other host, so this one was not made.',
    action: 'Use Import file with a file you have, or switch “Offline only” off in Settings and try again.',
    place: { label: 'Open the switch', href: '#/settings/network' },
  },
  'network/unexplained': {
    title: 'A request was stopped',
    cause: 'Something asked another host for data without saying why. The app never lets that through.',
    action: 'Nothing was sent. Copy the details and report them.',
  },
} satisfies ErrorTexts<'network'>;
