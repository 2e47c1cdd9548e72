import type { AppError, ErrorCode } from './app-error.ts';
import { FREE_SPACE, MODEL_TEXTS, type ErrorText } from './error-text-models.ts';

export type { ErrorText };

const TEXTS: Record<ErrorCode, ErrorText> = {
  ...MODEL_TEXTS,
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
  'storage/unavailable': {
    title: 'This browser does not let the app store anything',
    cause: 'Private browsing or a setting blocks the browser’s database.',
    action:
      'You can chat, but nothing will be kept. Export what you need before closing, or use a normal window.',
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
  'exams/not-questions': {
    title: 'No questions were found in this file',
    cause: 'No record in it has a question with at least two options in a form the app knows.',
    action: 'Choose the file with the questions, or a table with a column for the question and one for each option.',
  },
  'exams/damaged': {
    title: 'The question file cannot be read',
    cause: 'It is damaged, cut short, or not the format its beginning promises.',
    action: 'Fetch or export it again. Nothing was imported.',
  },
  'exams/too-large': {
    title: 'The question file is too large',
    cause: 'It holds more than the app takes from one import.',
    action: 'Divide it, or leave out what you do not need. Nothing was imported.',
  },
  'exams/not-found': {
    title: 'This question set or run is not here',
    cause: 'It was deleted, or it was made in another browser.',
    action: 'Go back to Exams, or import its file.',
  },
  'exams/no-key': {
    title: 'These questions have no key',
    cause: 'A run measures how many answers are right, and none of the chosen questions says which option is.',
    action: 'Choose a set or a filter with a key, or add the right options by editing the questions.',
  },
  'exams/too-few-examples': {
    title: 'There are not enough questions for the examples',
    cause: 'The examples come from questions with a key that are not asked themselves, and too few are left.',
    action: 'Ask for fewer examples or fewer questions, or choose another split for the examples.',
  },
  'exams/other-model': {
    title: 'The run belongs to another model',
    cause: 'A run is one model’s: the model that is loaded now is not the one it was started with.',
    action: 'Load the run’s model and press Resume, or start a new run.',
  },
  'exams/not-a-run': {
    title: 'This is not a run’s file',
    cause: 'The file is no run that this app has exported, or it was changed so that it no longer fits together.',
    action: 'Export the run again where it was made.',
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
