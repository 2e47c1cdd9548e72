import { expect, it } from 'vitest';
import { fromPage, plainBill, type Bill } from './build-plugins.ts';

interface Place {
  name: string;
  value: string;
}

/** The parts in which npm 10 and npm 11 differ for one and the same lock file. */
function bill(npm: string, run: string, folder: string, place: (path: string) => Place[]): Bill {
  return {
    serialNumber: `urn:uuid:${run}`,
    metadata: {
      timestamp: run,
      tools: [{ version: npm }],
      component: {
        name: folder,
        properties: [...place(''), { name: 'cdx:npm:package:private', value: 'true' }],
      },
    },
    components: [{ name: 'react', properties: place('node_modules/react') }],
  };
}

it('the bill of materials is the same, whichever npm wrote it, when and where', () => {
  const ten = bill('10.9.2', '1', 'here', (value) => [{ name: 'cdx:npm:package:path', value }]);
  const eleven = bill('11.19.1', '2', 'there', () => []);
  expect(JSON.stringify(plainBill(ten))).toBe(JSON.stringify(plainBill(eleven)));
  expect(JSON.stringify(ten)).toContain('cdx:npm:package:private');
});

it('addresses in the style sheet are those of the page once they stand there', () => {
  const style = fromPage(
    `a{src:url(./b.woff2)format("woff2"),url("c.woff2")}d{mask:url(#e);src:url(../f.svg),url(data:image/png,g)}`,
    'assets/index.css',
  );
  expect(style).toBe(
    `a{src:url(./assets/b.woff2)format("woff2"),url(./assets/c.woff2)}d{mask:url(#e);src:url(./f.svg),url(data:image/png,g)}`,
  );
});
