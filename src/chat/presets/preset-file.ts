/** Presets as a file, to be handed on. */
import { newId } from '../../conversations/data/store.ts';
import { AppError } from '../../errors/app-error.ts';
import { z } from '../../lib/zod.ts';
import { PRESET_LIMITS, presetSchema, type Preset } from '../../prompts/preset.ts';
import { isOwn, type Shelf } from './preset-store.ts';

const FORMAT = 'meditron-web-presets';

const presetFile = z.object({
  format: z.literal(FORMAT),
  version: z.literal(1),
  presets: z.array(presetSchema).min(1).max(PRESET_LIMITS.presets),
});

export function writePresets(presets: readonly Preset[]): string {
  return `${JSON.stringify({ format: FORMAT, version: 1, presets }, null, 2)}\n`;
}

export function presetFileName(presets: readonly Preset[]): string {
  const [first] = presets;
  const name = presets.length === 1 && first ? first.name : 'presets';
  const plain = name
    .normalize('NFKD')
    .replace(/[^\w]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${plain || 'preset'}.preset.json`;
}

/** @throws AppError `prompt/preset-file` for anything that `writePresets` would not write. */
export function readPresets(text: string): readonly Preset[] {
  if (text.length > PRESET_LIMITS.fileBytes) throw notAFile({ bytes: text.length });
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (cause) {
    throw notAFile({ reason: String(cause) });
  }
  const parsed = presetFile.safeParse(raw);
  if (!parsed.success) throw notAFile({ reason: z.prettifyError(parsed.error).slice(0, 500) });
  return parsed.data.presets;
}

/**
 * What an import adds: nothing for presets that are here as they are, and a new id for one whose id stands for something else
 * here, so that no chat changes its ways by an import.
 */
export function toAdd(incoming: readonly Preset[], shelf: Shelf): readonly Preset[] {
  const taken = new Map(shelf.presets.map((preset) => [preset.id, JSON.stringify(preset)]));
  const added: Preset[] = [];
  for (const preset of incoming) {
    const here = taken.get(preset.id);
    if (here === JSON.stringify(preset)) continue;
    const fresh = here === undefined && !isOwn(preset.id) ? preset : { ...preset, id: newId() };
    taken.set(fresh.id, JSON.stringify(fresh));
    added.push(fresh);
  }
  return added;
}

function notAFile(details: Readonly<Record<string, string | number>>): AppError {
  return new AppError('prompt/preset-file', 'this is no file of presets', details);
}
