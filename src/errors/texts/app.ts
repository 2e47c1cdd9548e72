/** What people read about what has no better name, stopping, and the app’s own parts. The keys are the codes. */
import type { ErrorText } from './text.ts';

export const APP_TEXTS = {
  unknown: {
    title: 'Something unexpected went wrong',
    cause: 'The app met an error it has no name for.',
    action: 'Nothing you wrote is lost. Try again; if it repeats, copy the details and report them.',
  },
  aborted: {
    title: 'Stopped',
    cause: 'The work was stopped on request.',
    action: 'Start it again when you like.',
  },
  'app/part-missing': {
    title: 'A part of the app could not be loaded',
    cause: 'The network failed before the offline copy was complete, or the site has a newer version now.',
    action: 'Reload the page. Your chats and what you were typing are kept.',
  },
} satisfies Record<string, ErrorText>;
