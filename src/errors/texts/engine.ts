/** What people read about running a model. The keys are the codes. */
import { MODELS_SCREEN, type ErrorTexts } from './text.ts';

export const ENGINE_TEXTS = {
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
    action:
      'Import the .wasm file on the model’s card, or let the app fetch it there where one is published.',
    place: MODELS_SCREEN,
  },
  'engine/library-unfit': {
    title: 'The model library does not fit',
    cause:
      'The .wasm file is not a model library, or is one for another model or another version of the engine.',
    action: 'Import the right one on the model’s card, or let the app fetch it there where one is published.',
    place: MODELS_SCREEN,
  },
  'engine/package-incomplete': {
    title: 'The model is not complete',
    cause: 'A file that describes the model is missing or unreadable on this machine.',
    action: 'Press Verify on the model’s card: it repairs only what is wrong.',
    place: MODELS_SCREEN,
  },
  'engine/shard-missing': {
    title: 'A part of the model is missing or cut short',
    cause: 'One of the weight files on this machine is not there, or not as long as it should be.',
    action: 'Press Verify on the model’s card: it repairs only what is wrong.',
    place: MODELS_SCREEN,
  },
  'engine/hash-mismatch': {
    title: 'A file is not the one that was expected',
    cause: 'Its SHA-256 differs from the one on record, so it was not used.',
    action: 'Press Verify on the model’s card, or import the right file there.',
    place: MODELS_SCREEN,
  },
  'engine/in-use-elsewhere': {
    title: 'Another tab is using the model',
    cause: 'A model this large is loaded only once per machine, so that memory is not taken twice.',
    action: 'Go on in that tab, or choose to use the model here: the other tab then lets go of it.',
  },
} satisfies ErrorTexts<'engine'>;
