/**
 * HeadQA (aghie/head-qa): `qtext, answers[{aid, atext}], ra` (an `aid`, from 1; 0: annulled), inside `exams` of its own JSON files or
 * a row each on the hub. CareQA (HPAI-BSC): `question, op1…op4, cop` (1-based). Own files in these shapes may count from 0.
 */
import { keyBase, keyBaseNote } from '../key-base.ts';
import { placed, withoutBlanks } from '../places.ts';
import {
  firstRecords,
  haveFields,
  integer,
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

export const headqa: Reader = {
  id: 'headqa',
  name: 'HeadQA',
  matches: (table) =>
    haveFields(table, ['qtext', 'answers', 'ra']) &&
    firstRecords(table).every((each) => answers(each) !== null),
  read(table) {
    const readings = readEach(table, (record, row) => {
      const options = answers(record) ?? [];
      const right = numberKey(record, 'ra');
      return reading(row, {
        id: text(record, 'name') === '' ? '' : `${text(record, 'name')}-${text(record, 'qid')}`,
        question: text(record, 'qtext'),
        options: options.map(({ atext }) => atext),
        answer:
          right === null || (right === 0 && options.every(({ aid }) => aid !== 0))
            ? null
            : [options.findIndex(({ aid }) => aid === right)],
        subject: text(record, 'category'),
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: [] };
  },
};

function answers(record: JsonRecord): readonly { aid: number; atext: string }[] | null {
  const given = record.answers;
  if (!Array.isArray(given)) return null;
  const all = given
    .filter(isRecord)
    .map((each, index) => ({ aid: integer(each, 'aid') ?? index + 1, atext: text(each, 'atext') }));
  return all.length === given.length ? all : null;
}

export const careqa: Reader = {
  id: 'careqa',
  name: 'CareQA',
  matches: (table) => haveFields(table, ['question', 'op1', 'op2', 'op3', 'op4', 'cop']),
  read(table) {
    const base = keyBase(
      records(table).flatMap(({ record }) => {
        const key = isRecord(record) ? numberKey(record, 'cop') : null;
        return key === null || !isRecord(record)
          ? []
          : [{ key, options: text(record, 'op5').trim() === '' ? 4 : 5 }];
      }),
      1,
    );
    const note = base.by === 'zero' ? keyBaseNote(base, 'cop', 1) : '';
    const readings = readEach(table, (record, row) => {
      const right = numberKey(record, 'cop');
      return reading(row, {
        id: text(record, 'unique_id') || text(record, 'id'),
        question: text(record, 'question'),
        ...withoutBlanks(
          placed(['op1', 'op2', 'op3', 'op4', 'op5'].map((field) => text(record, field))),
          right === null || (right === 0 && base.from === 1) ? null : [right - base.from],
        ),
        subject: text(record, 'category'),
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: note === '' ? [] : [`${table.file}: ${note}`] };
  },
};
