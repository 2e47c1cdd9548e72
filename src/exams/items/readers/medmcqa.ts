/**
 * MedMCQA (medmcqa/medmcqa): JSON lines named .json with `question, opa, opb, opc, opd, cop, exp, subject_name, topic_name, id`.
 * `cop` counts from 1 in the repository's files and from 0 on the hub, so the whole file decides: a 4 means from 1, a 0 from 0.
 * The test split has no `cop` (or -1 on the hub).
 */
import {
  haveFields,
  numberKey,
  readEach,
  reading,
  records,
  isRecord,
  splitOfFile,
  text,
  type Reader,
  type Table,
} from '../reading.ts';

export const medmcqa: Reader = {
  id: 'medmcqa',
  name: 'MedMCQA',
  matches: (table) => haveFields(table, ['question', 'opa', 'opb', 'opc', 'opd']),
  read(table) {
    const base = countsFrom(table);
    const readings = readEach(table, (record, row) => {
      const cop = numberKey(record, 'cop');
      const multi = text(record, 'choice_type') === 'multi' && Array.isArray(record.cop);
      if (multi) return { row, skipped: 'malformed' };
      return reading(row, {
        id: text(record, 'id'),
        question: text(record, 'question'),
        options: ['opa', 'opb', 'opc', 'opd'].map((field) => text(record, field)),
        answer: cop === null || cop === -1 ? null : [cop - base.from],
        explanation: text(record, 'exp'),
        subject: text(record, 'subject_name'),
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: base.note === '' ? [] : [`${table.file}: ${base.note}`] };
  },
};

function countsFrom(table: Table): { from: 0 | 1; note: string } {
  let zero = false;
  let four = false;
  let any = false;
  for (const { record } of records(table)) {
    const cop = isRecord(record) ? numberKey(record, 'cop') : null;
    if (cop === null || cop === -1) continue;
    any = true;
    zero ||= cop === 0;
    four ||= cop === 4;
  }
  if (!any) return { from: 0, note: 'the field cop is empty: these items have no key.' };
  if (four && !zero) return { from: 1, note: 'cop runs from 1 to 4, so 1 is option A.' };
  if (zero && !four) return { from: 0, note: 'cop runs from 0 to 3, so 0 is option A.' };
  if (zero) {
    return { from: 0, note: 'cop holds both 0 and 4, which no counting allows; 0 was taken for option A.' };
  }
  // Neither end occurs: a short file. The repository's own files count from 1.
  return {
    from: 1,
    note: 'cop holds neither 0 nor 4; 1 was taken for option A, as in the repository’s files.',
  };
}
