/** What a person reads about models on their way in: bytes, the network, converting. Part of `error-text.ts`. */
import type { ErrorCode } from './app-error.ts';

/** What a person reads: what happened (`title`), why (`cause`), what to do next (`action`). */
export interface ErrorText {
  readonly title: string;
  readonly cause: string;
  readonly action: string;
  /** Where in the app the person can do it. */
  readonly place?: { readonly label: string; readonly href: string };
}

/** What takes how much, how to get it back, and saving everything first: one place. */
export const FREE_SPACE = { label: 'See what takes space', href: '#/settings/storage' };

export const MODEL_TEXTS = {
  'bytes/offline': {
    title: 'The network is not reachable',
    cause:
      'The browser could not connect: it is offline, or the host is blocked or does not allow this site (CORS).',
    action: 'Check the connection and press Resume; finished parts are kept.',
  },
  'bytes/cors': {
    title: 'This server does not let web pages read its files',
    cause: 'It answers, but without the permission (CORS) a browser needs to hand the file to this page.',
    action: 'Download the file yourself and use Import file, or choose another source.',
  },
  'bytes/not-found': {
    title: 'The file is not there',
    cause: 'The server answered that it does not have this file (404).',
    action: 'Check the address or choose another source.',
  },
  'bytes/forbidden': {
    title: 'The server refused access',
    cause: 'It answered that this file needs permission (401 or 403).',
    action: 'Open the model’s page to see what it asks for, or download the file and use Import file.',
  },
  'bytes/http-status': {
    title: 'The server answered with an error',
    cause: 'It could not deliver the file just now.',
    action: 'Press Resume in a while; finished parts are kept.',
  },
  'bytes/no-ranges': {
    title: 'This server cannot send parts of a file',
    cause: 'It ignores byte ranges, which resuming a large transfer needs.',
    action: 'Download the file yourself and use Import file.',
  },
  'bytes/range-not-satisfiable': {
    title: 'The file is shorter than expected',
    cause: 'The server has no such part of the file (416); it may have changed.',
    action: 'Start the transfer again from the beginning.',
  },
  'bytes/short-read': {
    title: 'The data ended too early',
    cause: 'Fewer bytes arrived than the file should have.',
    action: 'Press Resume, or check that the file is complete.',
  },
  'bytes/changed': {
    title: 'The source has changed',
    cause: 'The file at this address is not the one the work began with.',
    action: 'The work starts again from the beginning with the new file.',
  },
  'bytes/html-instead': {
    title: 'A web page came instead of the file',
    cause: 'The server answered with HTML, often a login or error page.',
    action: 'Check the address, or download the file and use Import file.',
  },
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
  'transcode/not-a-model': {
    title: 'This is not a model file',
    cause: 'It is neither GGUF nor safetensors.',
    action: 'Choose a .gguf file, or a folder with .safetensors files and their config.json.',
  },
  'transcode/several-models': {
    title: 'There is more than one model here',
    cause:
      'The folder holds several models, often the same one in several sizes; one is converted at a time.',
    action: 'Choose one of the .gguf files instead of the folder, or a folder with one model in it.',
  },
  'transcode/truncated': {
    title: 'The model file is cut short',
    cause: 'Its header or its weights end before they should, as after a broken download.',
    action: 'Download the file again and compare its size with the one its page shows.',
  },
  'transcode/malformed': {
    title: 'The model file is damaged',
    cause: 'Its header contradicts itself or breaks the rules of its format.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/over-limit': {
    title: 'The model file asks for too much',
    cause: 'A count or size in its header is beyond what any model of this kind needs.',
    action: 'Choose another source; this file may be damaged or made to do harm.',
  },
  'transcode/wrong-architecture': {
    title: 'This is another kind of model',
    cause: 'Only models of the Llama architecture can be converted.',
    action: 'Choose a Llama-architecture model such as Meditron-7B.',
  },
  'transcode/unsupported': {
    title: 'This kind of file cannot be converted',
    cause: 'It uses a weight type, version or feature the converter does not know.',
    action: 'Choose another file of the same model: Q4_0, Q8_0 or F16 GGUF always work.',
  },
  'transcode/missing-tensor': {
    title: 'Weights are missing from the model',
    cause: 'A part every Llama model has is not in the file.',
    action: 'Check that every file of the model is there, or download it again.',
  },
  'transcode/wrong-shape': {
    title: 'The weights do not fit the model',
    cause: 'A part has another size than the model’s own description says.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/bad-values': {
    title: 'The weights contain impossible numbers',
    cause: 'A weight or scale is not a finite number, so the model could not work.',
    action: 'Download the file again, or choose another source.',
  },
  'transcode/bad-tokenizer': {
    title: 'The model’s vocabulary cannot be used',
    cause: 'It is missing, inconsistent, or of a kind the converter does not know.',
    action: 'Choose another source for this model.',
  },
  'transcode/missing-file': {
    title: 'A file of the model is missing',
    cause: 'The folder lacks a file that its own list names or that conversion needs.',
    action: 'Add the missing file and start again.',
  },
  'transcode/worker-failed': {
    title: 'A converting worker stopped',
    cause: 'A background worker ended before its part was done, perhaps for lack of memory.',
    action: 'Close other tabs and press Resume; finished parts are kept.',
  },
  'transcode/package-damaged': {
    title: 'Some converted files are damaged',
    cause: 'Their content is not what was written when the model was converted.',
    action: 'Press Repair, or convert the model again: only the damaged parts are made anew.',
  },
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
  'models/damaged': {
    title: 'Part of the model is damaged',
    cause: 'A stored or delivered part does not have the checksum its index lists.',
    action: 'Press Verify: only the bad parts are fetched or made again.',
  },
  'models/file-needed': {
    title: 'The file is needed again',
    cause: 'After a reload the page may no longer read the file you chose.',
    action: 'Press Import file and choose the same file; the work goes on where it stopped.',
  },
  'models/other-file': {
    title: 'This is another file',
    cause: 'Its size or content differs from the one the work began with.',
    action: 'Choose the first file again, or Cancel and start over with this one.',
  },
  'models/no-weights': {
    title: 'No usable weights in there',
    cause: 'The app reads GGUF and safetensors files. PyTorch .bin files can carry code and are not read.',
    action: 'Choose a GGUF source, or a folder with safetensors files.',
  },
  'models/licence': {
    title: 'The licence comes first',
    cause: 'The model’s licence has not been accepted on this machine.',
    action: 'Read and accept it on the Models screen, then start again.',
  },
  'models/not-here': {
    title: 'The model is not on this machine yet',
    cause: 'It has not been fetched, or the browser cleared it.',
    action: 'Get it on the Models screen, then load it.',
  },
  'models/worker-failed': {
    title: 'The transfer stopped unexpectedly',
    cause: 'The background worker that fetches and converts models ended.',
    action: 'Press Resume; finished parts are kept.',
  },
  'models/not-enough-space': {
    title: 'Not enough space in the browser',
    cause: 'The model needs more than the browser gives this site.',
    action: 'Delete models you do not use, free disk space, or use a normal (not private) window.',
    place: FREE_SPACE,
  },
} satisfies Partial<Record<ErrorCode, ErrorText>>;
