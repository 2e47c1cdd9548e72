/** The hub's lm-evaluation-harness form of MedQA: `id, sent1, sent2, ending0…ending3, label` (0-based; -1 in a blind test split). */
import { haveFields, numberKey, readEach, reading, splitOfFile, text, type Reader } from '../reading.ts';

export const endings: Reader = {
  id: 'endings',
  name: 'MedQA (harness form)',
  matches: (table) => haveFields(table, ['sent1', 'ending0', 'ending1', 'label']),
  read(table) {
    const readings = readEach(table, (record, row) => {
      const fields = Object.keys(record)
        .filter((field) => /^ending\d{1,2}$/.test(field))
        .sort((a, b) => Number(a.slice(6)) - Number(b.slice(6)));
      const label = numberKey(record, 'label');
      const more = text(record, 'sent2');
      return reading(row, {
        id: text(record, 'id'),
        question: text(record, 'sent1') + (more === '' ? '' : ` ${more}`),
        options: fields.map((field) => text(record, field)),
        answer: label === null || label === -1 ? null : [fields.indexOf(`ending${label}`)],
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: [] };
  },
};
