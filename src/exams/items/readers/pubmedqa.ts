/**
 * PubMedQA (pubmedqa/pubmedqa): `ori_pqal.json` is an object by PMID with `QUESTION, CONTEXTS[], LABELS, MESHES, YEAR,
 * LONG_ANSWER, final_decision`; the hub's form has `pubid, question, context{contexts[]}, long_answer, final_decision`.
 * `test_ground_truth.json` (PMID to decision) names the 500 items of the test split; the others are kept as `train`, for examples.
 */
import {
  firstRecords,
  isRecord,
  reading,
  records,
  splitOfFile,
  text,
  texts,
  type JsonRecord,
  type Reader,
  type Reading,
  type Table,
} from '../reading.ts';

const DECISIONS = ['yes', 'no', 'maybe'];

export const pubmedqa: Reader = {
  id: 'pubmedqa',
  name: 'PubMedQA',
  matches(table) {
    const first = firstRecords(table);
    return first.length > 0 && first.every((record) => contexts(record) !== null);
  },
  read(table, { truth }) {
    const pmids = table.kind === 'keyed' ? table.entries.map(([key]) => key) : null;
    const readings = records(table).map(({ row, record }, index): Reading => {
      const passages = isRecord(record) ? contexts(record) : null;
      if (!isRecord(record) || !passages) return { row, skipped: 'malformed' };
      const id = pmids?.[index] ?? text(record, 'pubid');
      const decision = (truth?.get(id) ?? text(record, 'final_decision')).trim().toLowerCase();
      return reading(row, {
        id,
        question: text(record, 'QUESTION') || text(record, 'question'),
        context: passages.join('\n'),
        options: DECISIONS,
        answer: decision === '' ? null : [DECISIONS.indexOf(decision)],
        explanation: text(record, 'LONG_ANSWER') || text(record, 'long_answer'),
        split: truth ? (truth.has(id) ? 'test' : 'train') : splitOfFile(table.file),
      });
    });
    const chosen = readings.filter((each) => 'draft' in each && each.draft.split === 'test').length;
    const notes = truth
      ? [
          `The ground truth file selects ${chosen} items as the test split; the others are kept as train, for examples.`,
        ]
      : [];
    return { readings, notes };
  },
};

function contexts(record: JsonRecord): readonly string[] | null {
  if (Object.hasOwn(record, 'QUESTION')) return texts(record, 'CONTEXTS');
  const context = record.context;
  return isRecord(context) ? texts(context, 'contexts') : null;
}

/** Whether the table is a ground truth file: PMIDs to decisions and nothing else. */
export function truthOf(table: Table): ReadonlyMap<string, string> | null {
  if (table.kind !== 'keyed' || table.entries.length === 0) return null;
  const truth = new Map<string, string>();
  for (const [pmid, decision] of table.entries) {
    if (!/^\d+$/.test(pmid) || typeof decision !== 'string' || !DECISIONS.includes(decision)) return null;
    truth.set(pmid, decision);
  }
  return truth;
}
