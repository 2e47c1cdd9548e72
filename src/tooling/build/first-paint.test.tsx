import { expect, it } from 'vitest';
import { ADVISORY_QUOTE, NOTICE_PARAGRAPHS, NOTICE_SESSION_TEXT } from '../../notice/text.ts';
import { firstPaint } from './first-paint.tsx';

it('the page holds the whole notice in an open dialog with one button', () => {
  const html = firstPaint();
  expect(html).toMatch(/^<dialog open [^>]*closedby="none"/);
  for (const text of [ADVISORY_QUOTE, NOTICE_SESSION_TEXT, ...NOTICE_PARAGRAPHS.map((each) => each.text)])
    expect(html).toContain(text);
  expect(html.match(/<button/g)).toHaveLength(1);
  expect(html).toMatch(/tabindex="-1"/);
});
