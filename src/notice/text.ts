/**
 * What a person must have read. The version is recorded with every reply (provenance), so it changes whenever a word here
 * does: the test beside this file holds the two together.
 */
export const NOTICE_VERSION = '2026-11-29';

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

const WHERE = 'Where your words stay';

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
    heading: WHERE,
    text: 'The model runs inside this browser. Questions and replies are kept on this machine and sent nowhere, unless you connect a server yourself and agree to it. The app talks to another host only when you fetch a model, and then only to fetch it.',
  },
  {
    heading: 'Licence',
    text: 'Llama 2 is licensed under the LLAMA 2 Community License, Copyright (c) Meta Platforms, Inc. All Rights Reserved. Meditron’s weights are derived from Llama 2 and come under that licence.',
  },
];

/** Instead of the paragraph on where words stay, while a server is in use. `{server}` is its name. */
export const NOTICE_ON_SERVER: NoticeParagraph = {
  heading: 'Where your words go',
  text: 'The model in use runs on the server {server}, not on this machine. Your questions, and the chat before them, are sent to it; its replies come from there and are kept in this browser. What that server keeps is up to whoever runs it.',
};

/** @param server what the server in use is called; null: none is, words stay here. */
export function noticeParagraphs(server: string | null): readonly NoticeParagraph[] {
  if (server === null) return NOTICE_PARAGRAPHS;
  const { heading, text } = NOTICE_ON_SERVER;
  return NOTICE_PARAGRAPHS.map((each) =>
    each.heading === WHERE ? { heading, text: text.replace('{server}', () => server) } : each,
  );
}

/** How often it is asked, said where it is asked. */
export const NOTICE_SESSION_TEXT =
  'Asked once a session: a new tab or window asks again, and so do eight hours without use.';

/** The short form, in sight in every chat. */
export const NOTICE_SHORT =
  'For study and research. Replies can be wrong: never use them for a real patient.';
