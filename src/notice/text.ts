/**
 * What a person must have read. The version is recorded with every reply (provenance), so it changes whenever a word here
 * does: the test beside this file holds the two together.
 */
export const NOTICE_VERSION = '2026-11-21';

/** Word for word from the model card of Meditron-7B, by the EPFL LLM Team. */
export const ADVISORY_QUOTE =
  'While Meditron is designed to encode medical knowledge from sources of high-quality evidence, it is not yet adapted to deliver this knowledge appropriately, safely, or within professional actionable constraints. We recommend against deploying Meditron in medical applications without extensive use-case alignment, as well as additional testing, specifically including randomized controlled trials in real-world practice settings.';

export const QUOTE_AUTHOR = 'EPFL LLM Team';
export const QUOTE_SOURCE = {
  text: 'model card of Meditron-7B',
  url: 'https://huggingface.co/epfl-llm/meditron-7b',
};

export interface NoticeParagraph {
  readonly heading: string;
  readonly text: string;
}

export const NOTICE_PARAGRAPHS: readonly NoticeParagraph[] = [
  {
    heading: 'What this app is for',
    text: 'Studying medicine and studying the model: working through exam questions, reading how an open medical language model answers, and measuring where it fails.',
  },
  {
    heading: 'What it is not',
    text: 'It is not a medical device and gives no medical advice. Its replies can be wrong, out of date or made up, and sound sure of themselves all the same. Do not use it to decide anything about a real patient, yourself included: ask a health professional, and in an emergency call the emergency services.',
  },
  {
    heading: 'Where your words stay',
    text: 'The model runs inside this browser. Questions and replies are kept on this machine and sent nowhere. The app talks to another host only when you fetch a model, and then only to fetch it.',
  },
  {
    heading: 'Licence',
    text: 'Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved. Meditron’s weights are derived from Llama 2 and come under that licence.',
  },
];

/** How often it is asked, said where it is asked. */
export const NOTICE_SESSION_TEXT =
  'Asked once a session: a new tab or window asks again, and so do eight hours without use.';

/** The short form, in sight in every chat. */
export const NOTICE_SHORT =
  'For study and research. Replies can be wrong: never use them for a real patient.';
