import { expect, it } from 'vitest';
import { percent, proportionText } from './figures.ts';

it('a share and its sign stay on one line; what does not exist is a dash', () => {
  expect(percent(0.538)).toBe('53.8\u00A0%');
  expect(percent(Number.NaN)).toBe('–');
  expect(
    proportionText({ right: 1, n: 2, accuracy: 0.5, standardError: 0, interval: { lower: 0.1, upper: 0.9 } }),
  ).toBe('1 of 2, 50.0\u00A0% (10.0\u00A0% to 90.0\u00A0%)');
});
