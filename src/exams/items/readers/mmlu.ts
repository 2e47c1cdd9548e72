/**
 * MMLU (hendrycks/test): CSV without a header, `question, A, B, C, D, letter`, one file a subject (`anatomy_test.csv`), and the
 * hub's parquet form `question, subject, choices[], answer` (0–3, or a letter). Own files in that shape may count from 1.
 */
import { indexOfLetter } from '../item.ts';
import { keyBase, keyBaseNote } from '../key-base.ts';
import {
  haveFields,
  integer,
  isRecord,
  readEach,
  reading,
  records,
  splitOfFile,
  text,
  texts,
  type Reader,
  type Reading,
} from '../reading.ts';

export const mmlu: Reader = {
  id: 'mmlu',
  name: 'MMLU',
  matches(table) {
    if (table.kind !== 'rows') return haveFields(table, ['question', 'choices', 'answer']);
    if (table.anki || table.rows.length === 0) return false;
    const first = table.rows.slice(0, 20);
    return first.every((cells) => cells.length === 6 && /^[A-D]$/.test((cells[5] ?? '').trim()));
  },
  read(table) {
    const split = splitOfFile(table.file);
    if (table.kind !== 'rows') {
      const base = keyBase(
        records(table).flatMap(({ record }) => {
          const key = isRecord(record) ? integer(record, 'answer') : null;
          return key === null || !isRecord(record)
            ? []
            : [{ key, options: texts(record, 'choices')?.length ?? 0 }];
        }),
        0,
      );
      const note = keyBaseNote(base, 'answer', 0);
      const readings = readEach(table, (record, row) => {
        const letter = indexOfLetter(text(record, 'answer'));
        const number = integer(record, 'answer');
        const key = number === null ? letter : number - base.from;
        return reading(row, {
          question: text(record, 'question'),
          options: texts(record, 'choices') ?? [],
          answer: text(record, 'answer').trim() === '' ? null : [key],
          subject: text(record, 'subject'),
          split,
        });
      });
      return { readings, notes: note === '' ? [] : [`${table.file}: ${note}`] };
    }
    const subject = subjectOfFile(table.file);
    const readings = table.rows.map((cells, index): Reading => {
      const row = index + table.firstRow;
      if (cells.length !== 6) return { row, skipped: 'malformed' };
      const letter = (cells[5] ?? '').trim();
      return reading(row, {
        question: cells[0] ?? '',
        options: cells.slice(1, 5),
        answer: letter === '' ? null : [indexOfLetter(letter)],
        subject,
        split,
      });
    });
    return { readings, notes: [] };
  },
};

/** `clinical_knowledge_test.csv` → `clinical_knowledge`. */
function subjectOfFile(file: string): string {
  const base = file.split('/').at(-1) ?? file;
  return base.replace(/\.[a-z]+$/i, '').replace(/_(test|dev|val|train)$/i, '');
}
