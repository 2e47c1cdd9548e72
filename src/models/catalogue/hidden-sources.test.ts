import { describe, expect, it } from 'vitest';
import { builtInCatalogue, mergeCatalogue, parseDeployerConfig } from './catalogue.ts';

describe('hidden sources', () => {
  const [entry] = builtInCatalogue().models.filter(({ kind }) => kind === 'fetched');
  if (entry?.kind !== 'fetched') throw new Error('the built-in list has no model to fetch');
  const merged = (hideSources: readonly string[]) =>
    mergeCatalogue(
      builtInCatalogue(),
      parseDeployerConfig(JSON.stringify({ schema: 1, hideSources })),
    ).models.find(({ id }) => id === entry.id);

  it('are gone, and another is recommended where it was that one', () => {
    const { recommended, sources } = entry;
    const found = merged([`${entry.id}/${recommended.source}`]);
    if (found?.kind !== 'fetched') throw new Error('the model is gone');
    expect(found.sources).toHaveLength(sources.length - 1);
    expect(found.recommended.source).toBe(found.sources[0]?.id);
  });

  it('are never all of a model’s', () => {
    const all = entry.sources.map(({ id }) => `${entry.id}/${id}`);
    expect(() => merged(all)).toThrow(expect.objectContaining({ code: 'models/bad-config' }));
  });
});
