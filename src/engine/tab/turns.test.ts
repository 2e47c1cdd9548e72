import { describe, expect, test } from 'vitest';
import { EngineTurns } from './turns.ts';

const soon = () => new Promise((resolve) => setTimeout(resolve, 0));

describe('turns of the engine', () => {
  test('one at a time, in order, people first', async () => {
    const turns = new EngineTurns();
    const said: string[] = [];
    const first = await turns.take('background');
    const wait = async (name: string, urgency: 'person' | 'background') => {
      const turn = await turns.take(urgency);
      said.push(name);
      await soon();
      turn.end();
    };
    const all = [wait('run', 'background'), wait('chat', 'person'), wait('second chat', 'person')];
    await soon();
    expect(said).toEqual([]);
    expect(first.wanted.aborted).toBe(true);
    first.end();
    first.end();
    await Promise.all(all);
    expect(said).toEqual(['chat', 'second chat', 'run']);
  });

  test('a person’s turn is not taken away', async () => {
    const turns = new EngineTurns();
    const first = await turns.take('person');
    const second = turns.take('person');
    expect(first.wanted.aborted).toBe(false);
    first.end();
    (await second).end();
  });

  test('who gives up leaves the line', async () => {
    const turns = new EngineTurns();
    const first = await turns.take('background');
    const stop = new AbortController();
    const second = turns.take('background', stop.signal);
    stop.abort();
    await expect(second).rejects.toMatchObject({ code: 'aborted' });
    await expect(turns.take('person', AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    first.end();
    (await turns.take('background')).end();
  });
});
