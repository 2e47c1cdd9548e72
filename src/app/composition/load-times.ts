/** How long each model took to load on this device, so that choosing one can say what it takes. */
import { getSetting, putSetting } from '../../conversations/data/settings.ts';
import { conversationStore } from '../../conversations/data/store.ts';
import { z } from '../../lib/zod.ts';

const KEY = 'load-times';
/** More models than any catalogue has: a row that grew without end would be read at every menu. */
const MOST = 100;

const times = z.record(z.string(), z.number().nonnegative());

/** Milliseconds of the last load, by model id. @throws AppError `storage/*`. */
export async function loadTimes(): Promise<ReadonlyMap<string, number>> {
  const kept = await getSetting(
    await conversationStore(),
    KEY,
    (value) => times.safeParse(value).data ?? null,
  );
  return new Map(Object.entries(kept ?? {}));
}

/** @throws AppError `storage/*`. */
export async function noteLoadTime(modelId: string, ms: number): Promise<void> {
  const known = [...(await loadTimes())].filter(([id]) => id !== modelId).slice(-(MOST - 1));
  await putSetting(await conversationStore(), KEY, Object.fromEntries([...known, [modelId, ms]]));
}
