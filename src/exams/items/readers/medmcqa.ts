/**
 * MedMCQA (medmcqa/medmcqa): JSON lines named .json with `question, opa, opb, opc, opd, cop, exp, subject_name, topic_name, id`.
 * `cop` counts from 1 in the repository's files and from 0 on the hub, so the whole file decides: a 4 means from 1, a 0 from 0.
 * The test split has no `cop` (or -1 on the hub).
 */
import { keyBase, keyBaseNote } from '../key-base.ts';
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
    const { from, note } = countsFrom(table);
    const readings = readEach(table, (record, row) => {
      const cop = numberKey(record, 'cop');
      const multi = text(record, 'choice_type') === 'multi' && Array.isArray(record.cop);
      if (multi) return { row, skipped: 'malformed' };
      return reading(row, {
        id: text(record, 'id'),
        question: text(record, 'question'),
        options: ['opa', 'opb', 'opc', 'opd'].map((field) => text(record, field)),
        answer: cop === null || cop === -1 ? null : [cop - from],
        explanation: text(record, 'exp'),
        subject: text(record, 'subject_name'),
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: [`${table.file}: ${note}`] };
  },
};

/** The repository's own files count from 1: so does a short file in which nothing tells. */
function countsFrom(table: Table): { from: 0 | 1; note: string } {
  const keys = records(table).flatMap(({ record }) => {
    const key = isRecord(record) ? numberKey(record, 'cop') : null;
    return key === null || key === -1 ? [] : [{ key, options: 4 }];
  });
  const base = keyBase(keys, 1);
  switch (base.by) {
    case 'none':
      return { from: 0, note: 'the field cop is empty: these items have no key.' };
    case 'last':
      return { from: 1, note: 'cop runs from 1 to 4, so 1 is option A.' };
    case 'zero':
      return { from: 0, note: 'cop runs from 0 to 3, so 0 is option A.' };
    case 'both':
    case 'neither':
      return { from: base.from, note: keyBaseNote(base, 'cop', 1) };
  }
}
