import { renderToStaticMarkup } from 'react-dom/server';
import { expect, it } from 'vitest';
import { isolated, isolatedHtml } from './bidi.tsx';

it.each([
  ['الجرعة هي 5 mg مرتين يوميًا.', ['5 mg']],
  ['الجرعة 5-10 mg، ثم >= 65 سنة', ['5-10 mg', '>= 65']],
  ['ضغط الدم >140/90 mmHg', ['>140/90 mmHg']],
  ['המינון הוא 70*0.5 = 35 mg ליום', ['70*0.5', '= 35 mg']],
  ['دوز ۵–۱۰ میلی‌گرم', []],
  ['plain 5 mg', []],
])('%s: each quantity keeps its own order, and every letter is there', (text, quantities) => {
  const markup = renderToStaticMarkup(<p>{isolated(text)}</p>);
  const found = Array.from(markup.matchAll(/<bdi dir="ltr">(.*?)<\/bdi>/g), ([, inside]) =>
    inside?.replace('&gt;', '>'),
  );
  expect(found).toEqual(quantities);
  expect(markup.replace(/<[^>]*>/g, '').replace('&gt;', '>')).toBe(text);
  expect(isolatedHtml(text, (plain) => plain).replace(/<\/?(?:bdi)[^>]*>/g, '')).toBe(text);
});
