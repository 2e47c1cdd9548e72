import { describe, expect, it } from 'vitest';
import data from '../../model-config/prompt-formats.json' with { type: 'json' };
import { builtInDemonstrations, findPromptFormat, promptDefaultsFor, promptFormats } from './formats.ts';
import { promptConfigSchema } from './formats-schema.ts';

describe('prompt formats as data', () => {
  it('are what the schema asks for', () => {
    expect(promptConfigSchema.parse(data)).toEqual(data);
  });

  it('offers the published forms under stable ids', () => {
    expect(promptFormats.map((format) => format.id)).toEqual([
      'authors-one-shot',
      'authors-zero-shot',
      'chatml',
      'fine-tune',
      'raw',
    ]);
    expect(findPromptFormat('no-such-format')).toBeUndefined();
  });

  it('carries the published sampling settings', () => {
    expect(findPromptFormat('authors-one-shot')?.sampling).toMatchObject({
      temperature: 0.7,
      topP: 1,
      maxTokens: 1024,
    });
    expect(findPromptFormat('chatml')?.sampling).toMatchObject({
      temperature: 0.7,
      topP: 0.95,
      topK: 40,
      repetitionPenalty: 1.1,
      maxTokens: 512,
    });
  });

  it('prompts the Demo model greedily and without examples, and unknown models like Meditron-7B', () => {
    expect(promptDefaultsFor('demo')).toMatchObject({
      format: 'authors-zero-shot',
      systemText: 'You are the Demo model of Meditron Web. You answer questions about this app only.',
      demonstrations: 0,
    });
    expect(promptDefaultsFor('demo').sampling.temperature).toBe(0);
    expect(promptDefaultsFor('toString')).toBe(promptDefaultsFor('meditron-7b'));
  });

  it('has demonstrations for 5-shot that no format would have to change', () => {
    expect(builtInDemonstrations.length).toBeGreaterThanOrEqual(5);
    for (const { question, answer } of builtInDemonstrations) {
      for (const marker of [...promptFormats.flatMap((format) => format.stops), ...data.controlTexts]) {
        expect(question + answer).not.toContain(marker);
      }
    }
  });

  it.each([
    ['a marker with a space in it', { ...data, controlTexts: ['### User'] }],
    ['a format named twice', { ...data, formats: [...data.formats, ...data.formats] }],
    [
      'a model with an unknown format',
      { ...data, models: { x: { ...data.models.demo, format: 'nope' } }, otherModels: 'x' },
    ],
    ['defaults for other models that are missing', { ...data, otherModels: 'nope' }],
    ['more demonstrations than there are', { ...data, demonstrations: [] }],
  ])('refuses %s', (_what, bad) => {
    expect(promptConfigSchema.safeParse(bad).success).toBe(false);
  });
});
