/** What a question file may hold. Each number says why; a file or item past one is refused with the number in the message. */

/** MedMCQA's training file, the largest of the known ones, has 137 MB; more does not fit a JavaScript string safely. */
export const MAX_FILE_BYTES = 400 * 1024 * 1024;
/** MMLU has 57 subjects in three splits; a folder of more is not a question set. */
export const MAX_FILES = 400;
/** MedMCQA's three splits together are 194,000 items. */
export const MAX_ITEMS = 250_000;
/** Options have letters; MedXpertQA, with the most, has ten. */
export const MAX_OPTIONS = 26;
/** A question with its case: ten times a 2048-token window. */
export const MAX_QUESTION_CHARACTERS = 100_000;
/** An abstract or several; longer ones belong into a retrieval program. */
export const MAX_CONTEXT_CHARACTERS = 400_000;
/** An option is a phrase or a sentence, rarely a paragraph. */
export const MAX_OPTION_CHARACTERS = 10_000;
/** A page of explanation. */
export const MAX_EXPLANATION_CHARACTERS = 100_000;
/** Ids, subjects and splits are names. */
export const MAX_NAME_CHARACTERS = 300;
/** Columns of a table: more is no table of questions, and each is a row of the mapping dialog. */
export const MAX_COLUMNS = 200;
/** Deeper than any of the known formats; guards what walks the parsed value. */
export const MAX_DEPTH = 32;

/** Cut to the length of a name, and no character in two. */
export function cutToName(text: string): string {
  return text.length <= MAX_NAME_CHARACTERS
    ? text
    : text.slice(0, MAX_NAME_CHARACTERS).replace(/[\uD800-\uDBFF]$/, '');
}
