import fc from 'fast-check';
import { expect, it } from 'vitest';
import { howOf, readNumbers, sweep, type NamedSetting } from './sweep-cells.ts';
import { differences } from './differences.ts';

const setting = (id: string): NamedSetting => ({
  id,
  name: id,
  choices: id === '' ? null : { promptFormat: id },
});

it('reads lists of numbers as people write them, each once, and refuses what no engine takes', () => {
  expect(readNumbers(' 0, 0.7;1\n0.7', 'temperature')).toEqual([0, 0.7, 1]);
  expect(readNumbers('', 'seed')).toEqual([]);
  for (const text of ['a', '0, x', '-1', '9']) expect(readNumbers(text, 'temperature'), text).toBeNull();
  for (const text of ['0.5', '-1', '4294967296']) expect(readNumbers(text, 'seed'), text).toBeNull();
});

it('makes every combination once, an empty list standing for what the setting says', () => {
  const list = (max: number) => fc.uniqueArray(fc.nat(max), { maxLength: 4 });
  const ids = fc.uniqueArray(fc.constantFrom('', 'a', 'b', 'c'), { maxLength: 4 });
  fc.assert(
    fc.property(ids, list(5), list(99), (settings, temperatures, seeds) => {
      const cells = sweep(settings.map(setting), temperatures, seeds);
      expect(cells).toHaveLength(
        settings.length * Math.max(1, temperatures.length) * Math.max(1, seeds.length),
      );
      const keys = cells.map((cell) => JSON.stringify([cell.setting.id, cell.temperature, cell.seed]));
      expect(new Set(keys).size).toBe(keys.length);
    }),
  );
});

it('asks for a version that stays beside the one on screen, with only what the cell says', () => {
  const cell = { setting: setting(''), temperature: null, seed: null, modelId: null };
  expect(howOf(cell)).toEqual({ place: 'aside', variation: {} });
  expect(howOf({ ...cell, setting: setting('a'), temperature: 0, seed: 3 })).toEqual({
    place: 'aside',
    variation: { temperature: 0, seed: 3 },
    choices: { promptFormat: 'a' },
    presetName: 'a',
  });
});

it('marks what only one of two texts says, and loses no character of either', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '.', '🌡', 'é'), maxLength: 30 });
  fc.assert(
    fc.property(text, text, (one, other) => {
      const [left, right] = differences(one, other);
      const joined = (pieces: typeof left) => pieces.map((piece) => piece.text).join('');
      expect([joined(left), joined(right)]).toEqual([one, other]);
      const shared = (pieces: typeof left) =>
        pieces
          .filter(({ own }) => !own)
          .map((piece) => piece.text)
          .join('');
      expect(shared(left)).toBe(shared(right));
      if (one === other) expect(left.every(({ own }) => !own)).toBe(true);
    }),
  );
  expect(differences('take two tablets', 'take three tablets')[0]).toContainEqual({ text: 'two', own: true });
});
