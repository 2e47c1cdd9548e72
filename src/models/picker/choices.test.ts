import { expect, it } from 'vitest';
import { probeWith } from '../../device/test-support.ts';
import { builtInCatalogue } from '../catalogue/catalogue.ts';
import { pickerChoices, type PickerFacts } from './choices.ts';

const facts: PickerFacts = {
  catalogue: builtInCatalogue(),
  models: { installs: [], preferredForms: new Map() },
  connected: [{ id: 's1', name: 'lab.example', root: 'https://lab.example', model: 'epfl-llm/meditron-70b' }],
  device: probeWith(),
  pageUrl: 'https://site.example/',
  inUse: null,
  loadTimes: new Map(),
};

function notes(over: Partial<PickerFacts>): Record<string, string> {
  return Object.fromEntries(
    pickerChoices({ ...facts, ...over }).map(({ name, group, note }) => [name, `${group}: ${note}`]),
  );
}

it('says of each model what choosing it takes', () => {
  expect(notes({})).toMatchObject({
    'Demo model': 'here: Must load first; not measured here yet',
    'epfl-llm/meditron-70b on lab.example': 'server: Words go to this server',
    'Meditron-7B': expect.stringMatching(/^fetch: [\d.]+ GB or more$/) as string,
  });
  expect(notes({ loadTimes: new Map([['demo', 1234]]) })['Demo model']).toBe(
    'here: Loads in about 1.2 s here',
  );
  expect(notes({ loadTimes: new Map([['demo', 61_400]]) })['Demo model']).toBe(
    'here: Loads in about 61 s here',
  );
});

it('marks the one in use, and whether it is ready', () => {
  const ready = pickerChoices({ ...facts, inUse: { modelId: 'demo', ready: true } });
  expect(ready.filter(({ current }) => current).map(({ name, note }) => [name, note])).toEqual([
    ['Demo model', 'Ready'],
  ]);
  const loading = notes({ inUse: { modelId: 'server:s1', ready: false } });
  expect(loading['epfl-llm/meditron-70b on lab.example']).toBe('server: Loading');
});
