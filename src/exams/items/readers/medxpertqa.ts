/**
 * MedXpertQA (TsinghuaC3I): `id`, `question`, `options` {A…J}, `label` (letter), `medical_task`, `body_system`,
 * `question_type`. The question's text repeats the options after "Answer Choices:", which is taken off.
 */
import { indexOfLetter } from '../item.ts';
import { firstRecords, readEach, reading, splitOfFile, text, type Reader } from '../reading.ts';
import { letteredOptions } from './medqa.ts';

export const medxpertqa: Reader = {
  id: 'medxpertqa',
  name: 'MedXpertQA',
  matches(table) {
    const first = firstRecords(table);
    return (
      first.length > 0 &&
      first.every((record) => letteredOptions(record) !== null && indexOfLetter(text(record, 'label')) >= 0)
    );
  },
  read(table) {
    const readings = readEach(table, (record, row) => {
      const options = letteredOptions(record) ?? [];
      const label = text(record, 'label').trim();
      const question = text(record, 'question');
      const choices = question.search(/(?<!\s)\s*Answer Choices:\s*\(A\)/);
      return reading(row, {
        id: text(record, 'id'),
        question: choices > 0 ? question.slice(0, choices) : question,
        options: options.map(({ value }) => value),
        answer:
          label === '' ? null : [options.findIndex(({ key }) => key.toUpperCase() === label.toUpperCase())],
        subject: text(record, 'body_system') || text(record, 'medical_task'),
        split: splitOfFile(table.file),
      });
    });
    return { readings, notes: [] };
  },
};
