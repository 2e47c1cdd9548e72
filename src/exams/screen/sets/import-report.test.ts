import { createElement } from 'react';
import { renderToStaticMarkup } from 'react-dom/server';
import { expect, test } from 'vitest';
import { importQuestions } from '../../items/import-set.ts';
import { ImportReport } from './import-report.tsx';

test('the report lists the items that lost an image, and offers to leave out those that were asked by it', async () => {
  const { sets } = await importQuestions([
    {
      path: 'deck.txt',
      blob: new Blob(['#separator:tab\n#html:true\nPlain?\ta\tb\tA\n<img src=x>Seen?\ta\tb\tB\n']),
    },
  ]);
  const [set] = sets;
  if (!set) throw new Error('nothing was read');
  const html = renderToStaticMarkup(
    createElement(ImportReport, { set, leaveOut: false, onLeaveOut: () => undefined }),
  );
  expect(html).toContain('1 question lost one');
  expect(html).toContain('deck.txt, row 4: Seen?');
  expect(html).toContain('Leave out the 1 question whose image is missing');
});

test('a list that is cut says how much more there is', async () => {
  const content = `question,opa,opb,opc,opd,cop\nQ?,a,b,c,d,1\n${',a,b,c,d,1\n'.repeat(502)}`;
  const { sets } = await importQuestions([{ path: 'x.csv', blob: new Blob([content]) }]);
  const [set] = sets;
  if (!set) throw new Error('nothing was read');
  const html = renderToStaticMarkup(
    createElement(ImportReport, { set, leaveOut: false, onLeaveOut: () => undefined }),
  );
  expect(set.report.skipped).toHaveLength(502);
  expect(html).toContain('and 2 more');
});
