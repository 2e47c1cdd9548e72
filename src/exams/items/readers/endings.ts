/**
 * The hub's lm-evaluation-harness form of MedQA: `id, sent1, sent2, ending0…ending3, label` (0-based; -1 in a blind test split).
 * Own files in that shape may count from 1.
 */
import { keyBase, keyBaseNote } from '../key-base.ts';
import {
  haveFields,
  isRecord,
  numberKey,
  readEach,
  reading,
  records,
  splitOfFile,
  text,
  type JsonRecord,
  type Reader,
} from '../reading.ts';

export const endings: Reader = {
  id: 'endings',
  name: 'MedQA (harness form)',
  matches: (table) => haveFields(table, ['sent1', 'ending0', 'ending1', 'label']),
  read(table) {
    const base = keyBase(
      records(table).flatMap(({ record }) => {
        const key = isRecord(record) ? numberKey(record, 'label') : null;
        return key === null || !isRecord(record)
          ? []
          : [{ key, options: Number(fieldsOf(record).at(-1)?.slice(6)) + 1 }];
      }),
      0,
    );
    const note = keyBaseNote(base, 'label', 0);
    const readings = readEach(table, (record, row) => {
      const fields = fieldsOf(record);
      const label = numberKey(record, 'label');
      const more = text(record, 'sent2');
      return reading(row, {
        id: text(record, 'id'),
        question: text(record, 'sent1') + (more === '' ? '' : ` ${more}`),
        options: fields.map((field) => text(record, field)),
        answer: label === null || label === -1 ? null : [fields.indexOf(`ending${label - base.from}`)],
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: note === '' ? [] : [`${table.file}: ${note}`] };
  },
};

function fieldsOf(record: JsonRecord): readonly string[] {
  return Object.keys(record)
    .filter((field) => /^ending\d{1,2}$/.test(field))
    .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
}
