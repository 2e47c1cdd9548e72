import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { openTestStore } from '../../conversations/data/test-store.ts';
import type { Store } from '../../conversations/data/store.ts';
import { ownPresets } from '../../prompts/own-presets.ts';
import { PRESET_LIMITS, type Preset } from '../../prompts/preset.ts';
import { NO_CHOICES } from '../session/chat-choices.ts';
import { promptSettings } from '../session/reply/prompting.ts';
import { differences, followed, NO_SETUP, underPreset, withoutOwn, withPreset } from './follow.ts';
import { readPresets, toAdd, writePresets } from './preset-file.ts';
import { copyOf, deletePreset, findPreset, readShelf, savePreset, setDefaultPreset } from './preset-store.ts';

const [tutor] = ownPresets;
if (!tutor) throw new Error('no presets');
const mine: Preset = { ...tutor, id: 'mine', name: 'Mine', systemText: 'Be kind.', stops: ['\n\n'] };
const preferences = { promptFormat: null, sampling: null };
let store: Store;

beforeEach(async () => {
  store = await openTestStore();
});

describe('the shelf', () => {
  it('holds the app’s own presets first, then a person’s, and keeps what it can’t read', async () => {
    await store.db.settings.put({
      key: 'presets',
      value: { presets: [{ id: 'later', new: 1 }], defaultId: null },
    });
    await savePreset(store, mine);
    await savePreset(store, { ...mine, name: 'Mine too' });
    const shelf = await readShelf(store);
    expect(shelf.presets.map(({ name }) => name)).toEqual([
      ...ownPresets.map(({ name }) => name),
      'Mine too',
    ]);
    await setDefaultPreset(store, 'mine');
    await deletePreset(store, 'mine');
    expect(await readShelf(store)).toEqual({ presets: ownPresets, defaultId: null });
    expect((await store.db.settings.get('presets'))?.value).toMatchObject({
      presets: [{ id: 'later', new: 1 }],
    });
  });

  it('is not endless', async () => {
    const presets = Array.from({ length: PRESET_LIMITS.presets }, (_, n) => ({ id: `p${n}` }));
    await store.db.settings.put({ key: 'presets', value: { presets, defaultId: null } });
    await expect(savePreset(store, mine)).rejects.toMatchObject({ code: 'prompt/too-many' });
  });
});

describe('following', () => {
  it('goes by the chat, then its folder, then the default, and says what is missing', async () => {
    await savePreset(store, mine);
    await setDefaultPreset(store, 'exam-tutor');
    const shelf = await readShelf(store);
    expect(followed(NO_CHOICES, null, shelf)).toMatchObject({
      preset: { id: 'exam-tutor' },
      from: 'default',
    });
    expect(followed(NO_CHOICES, { presetId: 'mine' }, shelf)).toMatchObject({
      preset: { id: 'mine' },
      from: 'folder',
    });
    const chat = (presetId: string) => ({ ...NO_CHOICES, promptSetup: { ...NO_SETUP, presetId } });
    expect(followed(chat('none'), { presetId: 'mine' }, shelf)).toEqual({
      preset: null,
      from: 'chat',
      missing: null,
    });
    expect(followed(chat('gone'), null, shelf)).toEqual({ preset: null, from: 'chat', missing: 'gone' });
    await store.db.folders.add({ id: 'f', name: 'F', colour: 'red', createdAt: 1, presetId: 'mine' });
    expect((await withPreset(store, { ...NO_CHOICES, folderId: 'f' })).systemText).toBe('Be kind.');
  });

  it('fills in what a chat leaves open, and only that', () => {
    const settings = promptSettings(
      'meditron-7b',
      underPreset({ ...NO_CHOICES, systemText: 'Own.' }, mine),
      preferences,
    );
    expect(settings.systemText).toBe('Own.');
    expect(settings.examples).toEqual(mine.examples);
    expect(settings.stops.at(-1)).toBe('\n\n');
    expect(settings.stops).toContain('###');
  });

  it('tells in what a chat differs, and not where it says the same itself', () => {
    const choices = {
      ...NO_CHOICES,
      systemText: 'Be kind.',
      promptSetup: { ...NO_SETUP, presetId: 'mine', stops: ['END'], leftOut: ['m'] },
    };
    expect(differences(choices, mine)).toEqual(['stops']);
    expect(differences(withoutOwn(choices), mine)).toEqual([]);
    expect(withoutOwn(choices).promptSetup).toMatchObject({ presetId: 'mine', leftOut: ['m'] });
  });

  it('raw is raw: no system text and no examples, whatever the chat says', () => {
    const raw = findPreset({ presets: ownPresets, defaultId: null }, 'raw-completion');
    const choices = {
      ...NO_CHOICES,
      systemText: 'Be kind.',
      promptSetup: { ...NO_SETUP, examples: mine.examples && [...mine.examples] },
    };
    const settings = promptSettings('meditron-7b', underPreset(choices, raw), preferences);
    expect(settings).toMatchObject({
      systemText: '',
      examples: [],
      demonstrations: 0,
      format: { id: 'raw', layout: { answerAfter: '' } },
    });
  });
});

describe('a file of presets', () => {
  it('comes back as it went, adds nothing that is here, and never changes what is', async () => {
    await savePreset(store, mine);
    const shelf = await readShelf(store);
    const read = readPresets(writePresets([mine, tutor]));
    expect(read).toEqual([mine, tutor]);
    expect(toAdd(read, shelf)).toEqual([]);
    const [added] = toAdd([{ ...mine, systemText: 'Be brief.' }], shelf);
    expect(added).toMatchObject({ systemText: 'Be brief.' });
    expect(added?.id).not.toBe('mine');
    const [own] = toAdd([{ ...tutor, name: 'Other' }], shelf);
    expect(own?.id).not.toBe(tutor.id);
    expect(copyOf(mine)).toMatchObject({ name: 'Mine (copy)', systemText: 'Be kind.' });
  });

  it('is refused, typed, when it is anything else', () => {
    const refused = { code: 'prompt/preset-file' };
    const files = [
      '',
      '[]',
      '{"format":"meditron-web-presets","version":1,"presets":[]}',
      ' '.repeat(PRESET_LIMITS.fileBytes + 1),
    ];
    const long = { ...mine, systemText: 'x'.repeat(20_001) };
    const many = Array.from({ length: PRESET_LIMITS.presets + 1 }, () => mine);
    for (const text of [...files, writePresets([long]), writePresets(many)]) {
      expect(() => readPresets(text)).toThrow(expect.objectContaining(refused));
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(() => readPresets(text)).toThrow(expect.objectContaining(refused));
      }),
    );
  });
});
