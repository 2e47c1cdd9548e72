/** BetterChatGPT's folders as ours. */
import { z } from '../../../lib/zod.ts';
import type { FolderColour } from '../../../conversations/data/folders.ts';
import type { Folder } from '../../../database/records.ts';
import { cleanTitle } from '../../../conversations/data/rows.ts';
import type { Skipped } from '../read-result.ts';

const betterExport = z.object({ folders: z.record(z.string(), z.unknown()) });
const betterFolder = z.object({
  name: z.string().catch(''),
  color: z.string().optional().catch(undefined),
});

export interface ForeignFolders {
  /** By the source's id. */
  readonly byKey: ReadonlyMap<string, Folder>;
  readonly skipped: readonly Skipped[];
}

/** @param digest from `shortDigests`: the same folder gets the same id each time. */
export function readBetterFolders(value: unknown, digest: (value: unknown) => string): ForeignFolders {
  const parsed = betterExport.safeParse(value);
  const byKey = new Map<string, Folder>();
  const skipped: Skipped[] = [];
  for (const [key, raw] of Object.entries(parsed.success ? parsed.data.folders : {})) {
    const folder = betterFolder.safeParse(raw);
    if (!folder.success) {
      skipped.push({ what: 'a folder', why: 'it is not readable' });
      continue;
    }
    byKey.set(key, {
      id: `better-chatgpt-folder-${digest(key)}`,
      name: cleanTitle(folder.data.name) || 'New folder',
      colour: nearestColour(folder.data.color ?? ''),
      createdAt: 0,
    });
  }
  return { byKey, skipped };
}

/** By hue; what has none, or is no `#rrggbb`, is grey. */
function nearestColour(hex: string): FolderColour {
  const [red, green, blue] = (/^#([\da-f]{2})([\da-f]{2})([\da-f]{2})$/i.exec(hex) ?? [])
    .slice(1)
    .map((digits) => parseInt(digits, 16));
  if (red === undefined || green === undefined || blue === undefined) return 'grey';
  const most = Math.max(red, green, blue);
  const spread = most - Math.min(red, green, blue);
  if (spread < 30) return 'grey';
  const sixth =
    most === red
      ? ((green - blue) / spread + 6) % 6
      : most === green
        ? (blue - red) / spread + 2
        : (red - green) / spread + 4;
  const hue = sixth * 60;
  if (hue < 20 || hue >= 330) return 'red';
  if (hue < 65) return 'orange';
  if (hue < 170) return 'green';
  return hue < 245 ? 'blue' : 'violet';
}
