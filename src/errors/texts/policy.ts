/** What people read about the rules of whoever hosts the app. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const POLICY_TEXTS = {
  'policy/broken': {
    title: 'The app does not start: this site’s rules can’t be understood',
    cause:
      'Whoever hosts it set rules in config.json, one of which this version of the app does not know or can’t read. It never runs without them.',
    action: 'Tell whoever hosts it; the details say which rule. Nothing you stored is changed.',
  },
  'policy/unreachable': {
    title: 'The app does not start: this site’s rules can’t be read',
    cause: 'The host did not answer, and nothing is known of its rules from before.',
    action: 'Check the connection and load the page again.',
  },
  'policy/forbidden': {
    title: 'Switched off by your site',
    cause: 'Whoever hosts the app decided so for everyone who uses it here.',
    action: 'Settings list what is set by your site.',
  },
} satisfies ErrorTexts<'policy'>;
