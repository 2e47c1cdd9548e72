/** What people read about getting and keeping a model. The keys are the codes. */
import { FREE_SPACE, type ErrorTexts } from './text.ts';

export const MODELS_TEXTS = {
  'models/bad-config': {
    title: 'The site’s own model list could not be read',
    cause: 'The file config.json beside the page has a mistake; the built-in list is shown instead.',
    action: 'Whoever runs this site finds the field at fault in the details below.',
  },
  'models/unknown': {
    title: 'This model is not in the list',
    cause: 'The list no longer has the model or the source the work began with.',
    action: 'Choose another one on the Models screen.',
  },
  'models/busy': {
    title: 'Another model is being fetched',
    cause: 'One transfer or conversion runs at a time, in one tab.',
    action: 'Wait until it is done, or pause it there.',
  },
  'models/source-mismatch': {
    title: 'The file is not the published one',
    cause: 'Its SHA-256 differs from the one its publisher lists, so the result was thrown away.',
    action: 'Fetch it again. If it repeats, do not use this source and report it.',
  },
  'models/bad-package': {
    title: 'These files are not a complete model package',
    cause: 'A file is missing or does not say what a package must say.',
    action: 'Choose the whole folder, or convert the model again.',
  },
  'models/other-form': {
    title: 'This package is of another form',
    cause: 'It may be complete, but its weights are in another format than the one that was asked for.',
    action: 'Open Source and form on the card, choose the form of this package, and import it again.',
  },
  'models/damaged': {
    title: 'Part of the model is damaged',
    cause: 'A stored or delivered part does not have the checksum its index lists.',
    action: 'Press Verify: only the bad parts are fetched or made again.',
  },
  'models/file-needed': {
    title: 'The file is needed again',
    cause: 'The page may no longer read the file you chose: it was reloaded, or what read the file ended.',
    action: 'Press Resume or Verify once more and choose the same file; the work goes on where it stopped.',
  },
  'models/other-file': {
    title: 'This is another file',
    cause: 'Its size or content differs from the one the work began with.',
    action: 'Choose the first file again, or Cancel and start over with this one.',
  },
  'models/no-weights': {
    title: 'No usable weights in there',
    cause:
      'The app reads GGUF, safetensors and PyTorch files, under the names that Hugging Face’s libraries give them.',
    action: 'Choose a GGUF source, or a folder with safetensors or PyTorch files.',
  },
  'models/licence': {
    title: 'The licence comes first',
    cause: 'The model’s licence has not been accepted on this machine.',
    action: 'Read and accept it on the Models screen, then start again.',
  },
  'models/no-room-beside': {
    title: 'No room for both',
    cause:
      'The new model is kept beside the installed one until it has been checked, and the disk can’t hold both.',
    action:
      'Free space, or let the installed one be deleted first: until the new one is whole you then have neither.',
    place: FREE_SPACE,
  },
  'models/not-here': {
    title: 'The model is not on this machine yet',
    cause: 'It has not been fetched, or the browser cleared it.',
    action: 'Get it on the Models screen, then load it.',
  },
  'models/worker-failed': {
    title: 'The transfer stopped unexpectedly',
    cause: 'The background worker that fetches and converts models ended, or could not start.',
    action: 'Press Resume, or what you pressed before; finished parts are kept.',
  },
  'models/interrupted': {
    title: 'The browser interrupted the work',
    cause: 'It broke off a step that nobody had stopped; the details name it.',
    action: 'Press Resume; finished parts are kept. If it happens again, restart the browser.',
  },
  'models/not-stored': {
    title: 'Part of the model could not be stored',
    cause: 'The browser did not write it; the details say why.',
    action: 'Press Resume; finished parts are kept. If it happens again, restart the browser.',
  },
  'models/not-measured': {
    title: 'Not everything could be measured',
    cause: 'A model wrote nothing in the five seconds it had; the details name its form.',
    action: 'Close other programs that use the graphics processor, then measure again.',
  },
  'models/not-enough-space': {
    title: 'Not enough space in the browser',
    cause: 'The model needs more than the browser gives this site.',
    action: 'Delete models you do not use, free disk space, or use a normal (not private) window.',
    place: FREE_SPACE,
  },
} satisfies ErrorTexts<'models'>;
