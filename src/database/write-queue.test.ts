import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { flushAll, throttleText, WriteQueue } from './write-queue.ts';

const full = (): DOMException => new DOMException('no room', 'QuotaExceededError');

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function makeQueue() {
  const told: string[] = [];
  const queue = new WriteQueue({
    onUnsaved: (error, unsaved) => told.push(`${error.code} ${unsaved}`),
    onSaved: () => told.push('saved'),
  });
  return { queue, told };
}

test('what a full disk refuses is kept and saved when there is room, in order, the newest of each key', async () => {
  const { queue, told } = makeQueue();
  const disk: string[] = [];
  let room = false;
  const write = (text: string) => () => {
    if (!room) throw full();
    disk.push(text);
    return Promise.resolve();
  };
  const first = queue.put('a', write('a1'));
  await vi.advanceTimersByTimeAsync(0);
  const newer = queue.put('a', write('a2'));
  const other = queue.put('b', write('b1'));
  expect(queue.size).toBe(2);
  await vi.advanceTimersByTimeAsync(2_000);
  expect(disk).toEqual([]);
  room = true;
  await vi.advanceTimersByTimeAsync(30_000);
  await Promise.all([first, newer, other]);
  expect(disk).toEqual(['a2', 'b1']);
  expect(told[0]).toBe('storage/full 1');
  expect(told.at(-1)).toBe('saved');
  expect(queue.size).toBe(0);
});

test('retry saves at once when space was freed', async () => {
  const { queue } = makeQueue();
  let room = false;
  void queue.put('a', () => (room ? Promise.resolve() : Promise.reject(full())));
  await vi.advanceTimersByTimeAsync(0);
  expect(await queue.retry()).toBe(false);
  room = true;
  expect(await queue.retry()).toBe(true);
});

test('a write that comes while an older one of its key is on its way is not lost', async () => {
  const { queue } = makeQueue();
  const disk: string[] = [];
  let go = (): void => undefined;
  void queue.put('a', () => new Promise<void>((resolve) => (go = resolve)).then(() => disk.push('old')));
  const newer = queue.put('a', () => Promise.resolve(disk.push('new')));
  go();
  await newer;
  expect(disk).toEqual(['old', 'new']);
});

test('the last write of a failed queue wakes nobody twice', async () => {
  const { queue, told } = makeQueue();
  void queue.put('a', () => Promise.reject(full()));
  await vi.advanceTimersByTimeAsync(0);
  queue.drop('a');
  expect(told.at(-1)).toBe('saved');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told.filter((line) => line === 'saved')).toHaveLength(1);
});

test('streamed text is saved at most four times a second, the last always', async () => {
  const { queue } = makeQueue();
  const saved: string[] = [];
  const writer = throttleText(queue, 'r', (text) => Promise.resolve(saved.push(text)));
  for (let token = 1; token <= 100; token++) {
    writer.save('x'.repeat(token));
    await vi.advanceTimersByTimeAsync(10);
  }
  expect(saved.length).toBeLessThanOrEqual(4);
  await writer.flush();
  expect(saved.at(-1)).toHaveLength(100);
});

test('leaving the page saves what every writer remembers', async () => {
  const { queue } = makeQueue();
  const saved: string[] = [];
  throttleText(queue, 'one', (text) => Promise.resolve(saved.push(text))).save('first');
  throttleText(queue, 'two', (text) => Promise.resolve(saved.push(text))).save('second');
  await flushAll();
  expect(saved).toEqual(['first', 'second']);
});

test('a cancelled draft is not written afterwards', async () => {
  const { queue } = makeQueue();
  const saved: string[] = [];
  const writer = throttleText(queue, 'draft', (text) => Promise.resolve(saved.push(text)));
  writer.save('sent already');
  writer.cancel();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(saved).toEqual([]);
});
