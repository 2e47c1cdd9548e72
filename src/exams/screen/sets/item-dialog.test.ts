import { expect, test } from 'vitest';
import { testItem } from '../../runs/testing.ts';
import { editedItem } from './item-dialog.tsx';

test('a question that was edited to none is refused in words about the question, not about a file', () => {
  expect(editedItem(testItem(0))).toEqual(testItem(0));
  const bad = [
    { question: '' },
    { question: ' \n' },
    { options: ['', 'two', ' ', ''] },
    { options: ['x'.repeat(10_001), 'two', 'three', 'four'] },
  ];
  for (const over of bad)
    expect(() => editedItem(testItem(0, over))).toThrow(
      expect.objectContaining({ code: 'exams/bad-question' }),
    );
});
