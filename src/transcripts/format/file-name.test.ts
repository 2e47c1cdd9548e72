import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTranscriptText } from '../import/files/read-file.ts';
import { fileName, localDay } from './file-name.ts';

const NOON = new Date(2026, 10, 21, 12).getTime();

test.each([
  ['How does metformin lower glucose?', 'how-does-metformin-lower-glucose-2026-11-21.md'],
  ['高血圧の薬は？', '高血圧の薬は-2026-11-21.md'],
  ['الجرعة: ٥ ملغ', 'الجرعة-٥-ملغ-2026-11-21.md'],
  ['Œdème aigu', 'œdème-aigu-2026-11-21.md'],
  ['मधुमेह', 'मधुमेह-2026-11-21.md'],
  ['../../etc/passwd', 'etcpasswd-2026-11-21.md'],
  ['🫀?!', 'transcript-2026-11-21.md'],
  ['\u202Ecod.exe', 'codexe-2026-11-21.md'],
])('%s is saved as %s', (title, name) => {
  expect(fileName(title, NOON, '.md')).toBe(name);
});

test('a file of Japanese messages keeps its characters', async () => {
  const file = new URL('../import/foreign/fixtures/title-ja.json', import.meta.url);
  const { chats } = await readTranscriptText(readFileSync(file, 'utf8'));
  expect(fileName(chats[0]?.conversation.title ?? '', NOON, '.json')).toMatch(/^高血圧の薬は-/);
});

test('the day is the one of the machine’s clock, just after and just before midnight', () => {
  expect(localDay(new Date(2026, 0, 1, 0, 0, 1).getTime())).toBe('2026-01-01');
  expect(localDay(new Date(2026, 11, 31, 23, 59, 59).getTime())).toBe('2026-12-31');
});

test('every name is short, and holds nothing a system or a shell takes for more than a letter', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (title) => {
      const name = fileName(title, NOON, '.json');
      expect(name).toMatch(/^[\p{L}\p{N}][\p{L}\p{M}\p{N}_-]*-2026-11-21\.json$/u);
      expect(new TextEncoder().encode(name).length).toBeLessThan(220);
      expect(name.isWellFormed()).toBe(true);
    }),
    { numRuns: 300 },
  );
});
