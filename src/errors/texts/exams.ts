/** What people read about question sets and runs. The keys are the codes. */
import type { ErrorTexts } from './text.ts';

export const EXAMS_TEXTS = {
  'exams/not-questions': {
    title: 'No questions were found in this file',
    cause: 'No record in it has a question with at least two options in a form the app knows.',
    action:
      'Choose the file with the questions, or a table with a column for the question and one for each option.',
  },
  'exams/damaged': {
    title: 'The question file cannot be read',
    cause:
      'It is damaged, cut short, not the format its beginning promises, or a quotation mark in it is not closed.',
    action:
      'Fetch or export it again; where a line is named, mend its quotation marks. Nothing was imported.',
  },
  'exams/bad-question': {
    title: 'The question cannot be kept as it is',
    cause: 'It has no text, fewer than two options with a text, or a text longer than the app takes.',
    action: 'Mend it and press Save again. Until then the question stays as it was.',
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
    cause:
      'A run measures how many answers are right, and none of the chosen questions says which option is.',
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
    cause:
      'The file is no run that this app has exported, or it was changed so that it no longer fits together.',
    action: 'Export the run again where it was made.',
  },
} satisfies ErrorTexts<'exams'>;
