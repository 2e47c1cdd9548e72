import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { builtInCatalogue, mergeCatalogue, parseDeployerConfig } from '../../models/catalogue/catalogue.ts';
import { parseBundleCommand } from './bundle-args.ts';
import { bundleConfig, entryOfPackage, readChatConfig } from './bundle-config.ts';
import { UsageError } from '../transcode/transcode-args.ts';

const chatConfig = (hidden: number, quantization = 'q4f16_1'): string =>
  JSON.stringify({
    quantization,
    model_config: {
      hidden_size: hidden,
      intermediate_size: 11008,
      num_hidden_layers: 32,
      num_attention_heads: 32,
      num_key_value_heads: 32,
      position_embedding_base: 10_000,
    },
    vocab_size: 32_000,
  });
const base = parseDeployerConfig(readFileSync('public/config.json', 'utf8'));
const library = { path: 'models/library/x.wasm', sha256: 'a'.repeat(64) };

describe('which entry a package is', () => {
  test('is told by its sizes', () => {
    expect(entryOfPackage(builtInCatalogue(), readChatConfig(chatConfig(4096)).sizes, null).id).toBe(
      'meditron-7b',
    );
  });

  test('can be said where no entry has these sizes', () => {
    const { sizes } = readChatConfig(chatConfig(4097));
    expect(() => entryOfPackage(builtInCatalogue(), sizes, null)).toThrow(/--model: demo, meditron-7b/);
    expect(entryOfPackage(builtInCatalogue(), sizes, 'meditron-7b').id).toBe('meditron-7b');
    expect(() => entryOfPackage(builtInCatalogue(), sizes, 'meditron-70b')).toThrow(UsageError);
  });

  test('is refused for a package that is not 4 bit', () => {
    expect(() => readChatConfig(chatConfig(4096, 'q3f16_1'))).toThrow(UsageError);
    expect(() => readChatConfig(chatConfig(4096).slice(0, 20))).toThrow(UsageError);
  });
});

describe('the configuration', () => {
  const entry = entryOfPackage(builtInCatalogue(), readChatConfig(chatConfig(4096)).sizes, null);
  const config = bundleConfig(base, entry, {
    quantization: 'q4f16_1',
    folder: 'models/meditron-7b-q4f16_1',
    bytes: 3_900_000_000,
    licence: 'models/meditron-7b-q4f16_1/LICENSE.txt',
    library,
  });

  test('passes the gate that reads it, and names no other host', () => {
    const read = parseDeployerConfig(JSON.stringify(config));
    const merged = mergeCatalogue(builtInCatalogue(), read).models.find(({ id }) => id === 'meditron-7b');
    if (merged?.kind !== 'fetched') throw new Error('the entry is gone');
    expect(merged.sources.map(({ at }) => at)).toEqual([{ url: 'models/meditron-7b-q4f16_1/' }]);
    expect(merged.licence.url).toBe('models/meditron-7b-q4f16_1/LICENSE.txt');
    expect(merged.recommended).toEqual({ engine: 'mlc', source: 'bundled' });
    expect(merged.mlc?.quantizations.q4f16_1).toMatchObject({
      library: library.path,
      librarySha256: library.sha256,
    });
    // The other form would need a library from outside.
    expect(merged.mlc?.quantizations.q4f32_1).toBeUndefined();
  });

  test('replaces an entry of the same id that the deployer had', () => {
    const again = bundleConfig(config, entry, {
      quantization: 'q4f32_1',
      folder: 'models/b',
      bytes: 1,
      licence: null,
      library: null,
    });
    expect(again.models.filter(({ id }) => id === 'meditron-7b')).toHaveLength(1);
  });
});

test('arguments', () => {
  expect(parseBundleCommand(['--with', 'a'])).toEqual({
    from: 'a',
    library: null,
    licence: null,
    to: 'bundle',
    model: null,
    sign: null,
  });
  expect(parseBundleCommand(['--help'])).toBeNull();
  expect(() => parseBundleCommand([])).toThrow('--with is needed');
  expect(() => parseBundleCommand(['--wiht', 'a'])).toThrow(UsageError);
});

describe('the folder to make', () => {
  const parse = (...args: string[]): unknown => parseBundleCommand(args);

  test('may not hold what the bundle is made from: it is emptied first', () => {
    expect(() => parse('--with', 'bundle/models/meditron-7b-q4f16_1')).toThrow(UsageError);
    expect(() => parse('--with', 'package', '--to', './package/')).toThrow(UsageError);
    expect(() => parse('--with', 'package', '--to', 'out', '--library', 'out/a.wasm')).toThrow(UsageError);
    expect(() => parse('--with', 'package', '--to', 'out', '--licence', 'out/LICENSE')).toThrow(UsageError);
  });

  test('may lie beside it or in it', () => {
    expect(parse('--with', '../package', '--to', '../out')).toMatchObject({ to: '../out' });
    expect(parse('--with', 'package', '--to', 'package/bundle')).toMatchObject({ to: 'package/bundle' });
    expect(parse('--with', '..package', '--to', 'out')).toMatchObject({ to: 'out' });
  });
});
