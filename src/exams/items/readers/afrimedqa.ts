/**
 * AfriMed-QA (intron-innovation): a CSV with `sample_id, question, question_type, answer_options, correct_answer,
 * answer_rationale, specialty, tier`. `answer_options` is a JSON object `{"option1": …}`; `correct_answer` names one or several
 * (`option1,option3`). Only question type `mcq` has options.
 */
import { haveFields, isRecord, readEach, reading, text, type Reader } from '../reading.ts';

export const afrimedqa: Reader = {
  id: 'afrimedqa',
  name: 'AfriMed-QA',
  matches: (table) => haveFields(table, ['question', 'answer_options', 'correct_answer']),
  read(table) {
    const readings = readEach(table, (record, row) => {
      const type = text(record, 'question_type').trim().toLowerCase();
      const options = optionsOf(record.answer_options);
      if ((type !== '' && type !== 'mcq') || !options) return { row, skipped: 'not-multiple-choice' };
      const right = text(record, 'correct_answer')
        .split(/[,;]/)
        .map((each) => each.trim())
        .filter((each) => each !== '');
      return reading(row, {
        id: text(record, 'sample_id'),
        question: text(record, 'question_clean') || text(record, 'question'),
        options: options.map(([, value]) => value),
        answer: right.length === 0 ? null : right.map((name) => options.findIndex(([key]) => key === name)),
        explanation: text(record, 'answer_rationale'),
        subject: text(record, 'specialty'),
        split: text(record, 'split'),
      });
    });
    const several = readings.filter((each) => 'draft' in each && each.draft.answer.length > 1).length;
    const notes =
      several === 0
        ? []
        : [`${several} items have several right options: choosing any one of them counts as right.`];
    return { readings, notes };
  },
};

/** Options in their number's order, without those that are empty or "N/A". */
function optionsOf(given: unknown): readonly (readonly [string, string])[] | null {
  let value = given;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value) as unknown;
    } catch {
      return null; // not JSON: such a row has no options to choose from
    }
  }
  if (!isRecord(value)) return null;
  const options = value;
  return Object.keys(options)
    .filter((key) => /^option\d+$/.test(key))
    .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)))
    .map((key) => [key, text(options, key)] as const)
    .filter(([, option]) => option.trim() !== '' && option.trim() !== 'N/A');
}
