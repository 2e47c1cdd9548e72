import { expect, it } from 'vitest';
import { SpareMemory } from './spare-memory.ts';

it('gives back the smallest memory that is long enough, but none that is far too long', () => {
  const spare = new SpareMemory(1000);
  const [small, large] = [new ArrayBuffer(100), new ArrayBuffer(250)];
  spare.give(large);
  spare.give(small);
  expect(spare.take(90)).toBe(small);
  expect(spare.take(90)).toBe(large);
  spare.give(large);
  expect(spare.take(80)).not.toBe(large);
  expect(spare.take(251)).not.toBe(large);
});

it('keeps no more than its limit, with what it has to take anew', () => {
  const spare = new SpareMemory(300);
  const [first, second, third] = [new ArrayBuffer(100), new ArrayBuffer(110), new ArrayBuffer(120)];
  for (const buffer of [first, second, third]) spare.give(buffer);
  expect(spare.take(95)).toBe(second);
  spare.give(second);
  spare.take(200);
  expect([spare.take(110), spare.take(110)]).not.toContain(third);
});
