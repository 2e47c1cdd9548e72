import type { AppError, ErrorCode } from './errors.ts';

/** What a person reads: what happened (`title`), why (`cause`), what to do next (`action`). */
export interface ErrorText {
  readonly title: string;
  readonly cause: string;
  readonly action: string;
  /** Where in the app the person can do it. */
  readonly place?: { readonly label: string; readonly href: string };
}

/** What takes how much, how to get it back, and saving everything first: one place. */
const FREE_SPACE = { label: 'See what takes space', href: '#/settings/storage' };

const TEXTS: Record<ErrorCode, ErrorText> = {
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
  'engine/not-loaded': {
    title: 'No model is loaded',
    cause: 'The engine was asked to work before a model was ready.',
    action: 'Load a model on the Models screen, then send again.',
  },
  'engine/busy': {
    title: 'The model is busy',
    cause: 'It is still writing another reply.',
    action: 'Wait for it to finish or press Stop, then send again.',
  },
  'engine/load-timeout': {
    title: 'The model did not start in time',
    cause: 'The engine gave no sign of life while loading.',
    action: 'Close other heavy tabs and load the model again.',
  },
  'engine/bad-model-file': {
    title: 'This is not a usable model file',
    cause: 'The file is damaged, cut short, or is not a model at all.',
    action: 'Delete the model and fetch or import it again.',
  },
  'engine/out-of-memory': {
    title: 'Not enough memory for this model',
    cause: 'The browser refused the memory the model needs.',
    action: 'Close other tabs and programs, or choose a smaller model.',
  },
  'engine/worker-crashed': {
    title: 'The engine stopped unexpectedly',
    cause: 'The background worker that runs the model ended.',
    action: 'Your conversation is kept. Load the model again to go on.',
  },
  'engine/worker-blocked': {
    title: 'The engine could not start',
    cause: 'The browser or a security policy blocked its background worker.',
    action: 'Check extensions and the hosting page’s security headers, then reload.',
  },
  'engine/no-wasm': {
    title: 'This browser cannot run the engine',
    cause: 'It lacks the WebAssembly features the engine is built on.',
    action: 'Use a current Chrome or Edge.',
  },
  'engine/device-lost': {
    title: 'The graphics processor was lost',
    cause: 'The driver reset, the computer slept, or memory ran out.',
    action: 'Your conversation is kept. Load the model again to go on.',
  },
  'engine/unsupported-adapter': {
    title: 'This graphics processor cannot run the model',
    cause: 'It lacks a WebGPU feature or limit the model needs.',
    action: 'See “This device” for what is missing and what to change.',
  },
  'engine/prompt-too-long': {
    title: 'The text is too long for the model',
    cause: 'The prompt does not fit the model’s context window.',
    action: 'Shorten the message or start a new chat.',
  },
  'engine/generation-failed': {
    title: 'The reply could not be finished',
    cause: 'The engine reported an error while writing.',
    action: 'What was written is kept. Press Continue or Regenerate.',
  },
  'engine/unsupported-option': {
    title: 'This engine cannot do that',
    cause: 'A setting is not supported by the engine in use.',
    action: 'Reset the setting or choose another engine.',
  },
  'engine/bad-address': {
    title: 'The model’s address is not usable',
    cause: 'It is not a complete http or https address.',
    action: 'Correct the address in the catalogue or in config.json.',
  },
  'engine/library-missing': {
    title: 'The model library is not on this machine',
    cause:
      'The compiled program (.wasm) that runs the model on the graphics processor has not been fetched yet.',
    action: 'On the Models screen, let the app fetch it, or import the .wasm file there.',
  },
  'engine/library-unfit': {
    title: 'The model library does not fit',
    cause:
      'The .wasm file is not a model library, or is one for another model or another version of the engine.',
    action: 'On the Models screen, let the app fetch the right one, or import it there.',
  },
  'engine/package-incomplete': {
    title: 'The model is not complete',
    cause: 'A file that describes the model is missing or unreadable on this machine.',
    action: 'Press Verify on the Models screen: it repairs only what is wrong.',
  },
  'engine/shard-missing': {
    title: 'A part of the model is missing or cut short',
    cause: 'One of the weight files on this machine is not there, or not as long as it should be.',
    action: 'Press Verify on the Models screen: it repairs only what is wrong.',
  },
  'engine/hash-mismatch': {
    title: 'A file is not the one that was expected',
    cause: 'Its SHA-256 differs from the one on record, so it was not used.',
    action: 'Press Verify on the Models screen, or import the right file.',
  },
  'engine/in-use-elsewhere': {
    title: 'Another tab is using the model',
    cause: 'A model this large is loaded only once per machine, so that memory is not taken twice.',
    action: 'Go on in that tab, or choose to use the model here: the other tab then lets go of it.',
  },
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
  'storage/unavailable': {
    title: 'This browser does not let the app store anything',
    cause: 'Private browsing or a setting blocks the browser’s database.',
    action:
      'You can chat, but nothing will be kept. Export what you need before closing, or use a normal window.',
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
  'conversation/not-found': {
    title: 'This chat or message is gone',
    cause: 'It was deleted, perhaps in another tab.',
    action: 'Undo the deletion if it is still offered, or start a new chat; your text is still in the box.',
  },
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
  'prompt/message-too-long': {
    title: 'This message is too long for the model',
    cause: 'Even alone it does not fit the context window together with room for an answer.',
    action: 'Shorten it; your text is still in the box.',
  },
  'prompt/empty': {
    title: 'There is nothing to send',
    cause: 'The message is empty.',
    action: 'Type a question first.',
  },
};

/** Every code this version of the app knows. */
export const ERROR_CODES = Object.keys(TEXTS) as readonly ErrorCode[];

/** The text for a typed error. */
export function errorText(error: Pick<AppError, 'code'>): ErrorText {
  // Stored errors may carry the code of another version.
  return isErrorCode(error.code) ? TEXTS[error.code] : TEXTS.unknown;
}

/** Whether a stored or received text is a code of this version of the app. */
export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(TEXTS, text);
}
